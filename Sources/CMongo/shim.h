// libmongoc's public header, and what of it Swift cannot use: a bson_t is aligned beyond what a Swift stack holds, so
// it lives on the C stack here; documents go in and out as bytes.
#pragma once
#include <mongoc/mongoc.h>
#include <string.h>

/// What a call of libmongoc ended with. `bytes` is the server's document, if there is one: free it with `bson_free`.
struct CMongo_result {
  bool succeeded;
  uint32_t domain;
  uint32_t code;
  uint32_t length;
  uint8_t *bytes;
  char message[504];
};

static inline void CMongo_take(struct CMongo_result *result, const bson_error_t *error, bson_t *reply) {
  if (!result->succeeded) {
    result->domain = error->domain;
    result->code = error->code;
    memcpy(result->message, error->message, sizeof result->message);
    result->message[sizeof result->message - 1] = 0;
  }
  result->bytes = bson_destroy_with_steal(reply, true, &result->length);
}

/// Runs a command that writes; `options` may hold a `writeConcern`. Both are whole documents.
static inline void CMongo_write_command(mongoc_client_t *client, const char *database, const void *command,
                                        size_t command_length, const void *options, size_t options_length,
                                        struct CMongo_result *result) {
  bson_t body, opts, reply;
  bson_error_t error = {0};
  memset(result, 0, sizeof *result);
  if (!bson_init_static(&body, (const uint8_t *)command, command_length) ||
      !bson_init_static(&opts, (const uint8_t *)options, options_length)) {
    strcpy(result->message, "not a document");
    return;
  }
  result->succeeded = mongoc_client_write_command_with_opts(client, database, &body, &opts, &reply, &error);
  CMongo_take(result, &error, &reply);
}

/// Runs a command that reads, without a read concern.
static inline void CMongo_command(mongoc_client_t *client, const char *database, const void *command,
                                  size_t command_length, struct CMongo_result *result) {
  bson_t body, reply;
  bson_error_t error = {0};
  memset(result, 0, sizeof *result);
  if (!bson_init_static(&body, (const uint8_t *)command, command_length)) {
    strcpy(result->message, "not a document");
    return;
  }
  result->succeeded = mongoc_client_command_simple(client, database, &body, NULL, &reply, &error);
  CMongo_take(result, &error, &reply);
}

/// Reads a URI; NULL, with `message` saying why, if it is none.
static inline mongoc_uri_t *CMongo_uri(const char *text, char message[504]) {
  bson_error_t error = {0};
  mongoc_uri_t *uri = mongoc_uri_new_with_error(text, &error);
  memcpy(message, error.message, sizeof error.message);
  return uri;
}

/// Opens a pool; NULL, with `message` saying why, if the URI's options do not fit each other.
static inline mongoc_client_pool_t *CMongo_pool(const mongoc_uri_t *uri, char message[504]) {
  bson_error_t error = {0};
  mongoc_client_pool_t *pool = mongoc_client_pool_new_with_error(uri, &error);
  memcpy(message, error.message, sizeof error.message);
  if (pool) mongoc_client_pool_set_error_api(pool, MONGOC_ERROR_API_VERSION_2);
  return pool;
}

/// The place of one server of a URI, and the next in `following`.
static inline const char *CMongo_host(const mongoc_host_list_t *host, const mongoc_host_list_t **following) {
  *following = host->next;
  return host->host_and_port;
}

/// Begins a query; `filter` and `options` are documents.
static inline mongoc_cursor_t *CMongo_find(mongoc_collection_t *collection, const void *filter, size_t filter_length) {
  bson_t query;
  if (!bson_init_static(&query, (const uint8_t *)filter, filter_length)) return NULL;
  return mongoc_collection_find_with_opts(collection, &query, NULL, NULL);
}

/// Begins an aggregation; `pipeline` is an array's document.
static inline mongoc_cursor_t *CMongo_aggregate(mongoc_collection_t *collection, const void *pipeline,
                                                size_t pipeline_length) {
  bson_t stages, options = BSON_INITIALIZER;
  mongoc_cursor_t *cursor;
  if (!bson_init_static(&stages, (const uint8_t *)pipeline, pipeline_length)) return NULL;
  bson_append_bool(&options, "allowDiskUse", -1, true);
  cursor = mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE, &stages, &options, NULL);
  bson_destroy(&options);
  return cursor;
}

/// The cursor's next document, which lives until the next call; NULL at the end or on a failure.
static inline const void *CMongo_next(mongoc_cursor_t *cursor, uint32_t *length) {
  const bson_t *document = NULL;
  if (!mongoc_cursor_next(cursor, &document)) return NULL;
  *length = document->len;
  return bson_get_data(document);
}

/// Whether a cursor has failed, and why.
static inline bool CMongo_failed(mongoc_cursor_t *cursor, struct CMongo_result *result) {
  bson_error_t error = {0};
  memset(result, 0, sizeof *result);
  if (!mongoc_cursor_error(cursor, &error)) return false;
  result->domain = error.domain;
  result->code = error.code;
  memcpy(result->message, error.message, sizeof result->message);
  result->message[sizeof result->message - 1] = 0;
  return true;
}
