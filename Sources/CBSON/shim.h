// libbson's public header, and what of it Swift cannot use: bson_t and bson_iter_t are aligned beyond what a Swift
// stack holds, so they live on the C stack here.
#pragma once
#include <bson/bson.h>
#include <string.h>

/// Whether `text` is UTF-8, NULs allowed, by libbson's own check.
static inline bool CBSON_is_utf8(const char *text, size_t length) { return bson_utf8_validate(text, length, true); }

/// Whether the key and the text of this element are UTF-8; bson_validate overlooks some of them.
static inline bool CBSON_has_utf8(const bson_iter_t *iter) {
  uint32_t length = 0, scope_length = 0;
  const uint8_t *scope = NULL;
  const char *text = NULL, *options = NULL;
  const bson_oid_t *id = NULL;
  if (!CBSON_is_utf8(bson_iter_key(iter), bson_iter_key_len(iter))) return false;
  switch (bson_iter_type(iter)) {
  case BSON_TYPE_UTF8: text = bson_iter_utf8(iter, &length); break;
  case BSON_TYPE_SYMBOL: text = bson_iter_symbol(iter, &length); break;
  case BSON_TYPE_CODE: text = bson_iter_code(iter, &length); break;
  case BSON_TYPE_CODEWSCOPE: text = bson_iter_codewscope(iter, &length, &scope_length, &scope); break;
  case BSON_TYPE_DBPOINTER: bson_iter_dbpointer(iter, &length, &text, &id); break;
  case BSON_TYPE_REGEX:
    text = bson_iter_regex(iter, &options);
    return text && CBSON_is_utf8(text, strlen(text)) && CBSON_is_utf8(options, strlen(options));
  default: return true;
  }
  return text && CBSON_is_utf8(text, length);
}

/// Whether every element of `document`, at any depth, can be iterated and all its text is UTF-8.
static inline bool CBSON_visits_whole(const bson_t *document) {
  bson_iter_t iter;
  if (!bson_iter_init(&iter, document)) return false;
  while (bson_iter_next(&iter)) {
    const uint8_t *data = NULL;
    uint32_t length = 0;
    bson_t inner;
    if (!CBSON_has_utf8(&iter)) return false;
    switch (bson_iter_type(&iter)) {
    case BSON_TYPE_DOCUMENT: bson_iter_document(&iter, &length, &data); break;
    case BSON_TYPE_ARRAY: bson_iter_array(&iter, &length, &data); break;
    case BSON_TYPE_CODEWSCOPE: {
      uint32_t code_length = 0;
      bson_iter_codewscope(&iter, &code_length, &length, &data);
      break;
    }
    default: continue;
    }
    if (!data || !bson_init_static(&inner, data, length) || !CBSON_visits_whole(&inner)) return false;
  }
  return iter.err_off == 0;
}

/// libbson's verdict on bytes: its validation with `flags`, and everything iterated.
static inline bool CBSON_accepts(const void *bytes, size_t length, int flags) {
  bson_t document;
  size_t offset = 0;
  if (!bytes || !bson_init_static(&document, (const uint8_t *)bytes, length)) return false;
  return bson_validate(&document, (bson_validate_flags_t)flags, &offset) && CBSON_visits_whole(&document);
}

/// Looks a dotted path up; returns its int32, or `missing`.
static inline int32_t CBSON_find_int32(const void *bytes, size_t length, const char *path, int32_t missing) {
  bson_t document;
  bson_iter_t iter, found;
  if (!bson_init_static(&document, (const uint8_t *)bytes, length)) return missing;
  if (!bson_iter_init(&iter, &document) || !bson_iter_find_descendant(&iter, path, &found)) return missing;
  return BSON_ITER_HOLDS_INT32(&found) ? bson_iter_int32(&found) : missing;
}

/// The length of a document, which Swift cannot look into.
static inline uint32_t CBSON_length(const bson_t *document) { return document->len; }

/// Appends a document of one int32 under `key`.
static inline bool CBSON_append_nested(bson_t *document, const char *key, const char *inner_key, int32_t value) {
  bson_t inner;
  return bson_append_document_begin(document, key, -1, &inner) && bson_append_int32(&inner, inner_key, -1, value) &&
         bson_append_document_end(document, &inner);
}

/// Appends an array of one string and one double under `key`.
static inline bool CBSON_append_array(bson_t *document, const char *key, const char *first, double second) {
  bson_t inner;
  return bson_append_array_begin(document, key, -1, &inner) && bson_append_utf8(&inner, "0", -1, first, -1) &&
         bson_append_double(&inner, "1", -1, second) && bson_append_array_end(document, &inner);
}

typedef void *(*CBSON_allocator)(const void *metadata, size_t size, size_t alignment);

struct CBSON_object_count {
  long count;
  CBSON_allocator original; // what allocates objects when nobody counts
  char *swizzled;           // a flag of the runtime, see below
};

static inline struct CBSON_object_count *CBSON_objects(void) {
  static struct CBSON_object_count objects;
  return &objects;
}

static inline void *CBSON_allocate_counting(const void *metadata, size_t size, size_t alignment) {
  // The runtime takes a changed allocator for a sign that retain and release are to be replaced as well, which ends
  // in a crash when they are not.
  *CBSON_objects()->swizzled = 0;
  CBSON_objects()->count++;
  return CBSON_objects()->original(metadata, size, alignment);
}

/// Makes the Swift runtime count the objects that this process allocates. `allocator` and `swizzled` are the addresses
/// of the runtime's variables of those names. For a process of its own with one busy thread.
static inline void CBSON_count_objects(void *allocator, void *swizzled) {
  CBSON_allocator *place = (CBSON_allocator *)allocator;
  CBSON_objects()->original = *place;
  CBSON_objects()->swizzled = (char *)swizzled;
  *place = CBSON_allocate_counting;
}
