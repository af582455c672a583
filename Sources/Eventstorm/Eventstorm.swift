// Eventstorm
