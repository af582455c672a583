# Events from Ruby: libeventstorm.so by Fiddle, nothing to compile.
Gem::Specification.new do |gem|
  gem.name = "eventstorm"
  gem.version = "0.1.0"
  gem.summary = "Emits and receives events over ZeroMQ, by libeventstorm.so"
  gem.authors = ["Eventstorm"]
  gem.files = Dir["lib/**/*.rb"] + ["README.md"]
  gem.required_ruby_version = ">= 3.0"
end
