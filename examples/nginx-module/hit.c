/*  The event http.hit of a request, with the fields that docs/events.md names.  */
#include "hit.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------------- Texts */

/*  The length of the character that begins at `p`, 0 if there is none: RFC 3629, no surrogates, nothing overlong.
    `*bad` is then how many bytes one U+FFFD stands for.  */
static size_t character (const u_char *p, const u_char *end, size_t *bad)
{
    static const struct { u_char first, last, low, high; size_t length; } rows[] = {
        {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
        {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
        {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    size_t row, have;

    *bad = 1;
    if (*p < 0x80) return 1;
    for (row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        if (*p < rows[row].first || *p > rows[row].last) continue;
        if (p + 1 >= end || p[1] < rows[row].low || p[1] > rows[row].high) return 0;
        for (have = 2; have < rows[row].length; have++) {
            if (p + have >= end || (p[have] & 0xC0) != 0x80) {
                *bad = have;
                return 0;
            }
        }
        return rows[row].length;
    }
    return 0;
}

/*  The first byte that is not UTF-8; `end` if all are.  */
static const u_char *first_bad (const u_char *p, const u_char *end)
{
    size_t length, bad;

    for (; p < end; p += length) {
        length = character (p, end, &bad);
        if (length == 0) return p;
    }
    return end;
}

/*  Adds a text; what is not UTF-8 in it becomes U+FFFD, and `*repaired` is set.  */
static void add_text (
    es_event_t *event, ngx_http_request_t *r, const char *name, const u_char *bytes, size_t size, ngx_flag_t *repaired)
{
    const u_char *p = bytes, *end, *stop;
    u_char *copy, *to;
    size_t length, bad;

    end = bytes + size;
    stop = first_bad (p, end);
    if (stop == end) {
        es_event_text (event, name, (const char *) bytes, size);
        return;
    }
    *repaired = 1;
    copy = to = ngx_pnalloc (r->pool, 3 * size);
    if (copy == NULL) return;
    while (p < end) {
        to = ngx_cpymem (to, p, stop - p);
        p = stop;
        if (p == end) break;
        (void) character (p, end, &bad);
        to = ngx_cpymem (to, "\xEF\xBF\xBD", 3);
        p += bad;
        for (stop = p; stop < end && (length = character (stop, end, &bad)) != 0; stop += length) { /* void */ }
    }
    es_event_text (event, name, (const char *) copy, to - copy);
}

static void add_string (
    es_event_t *event, ngx_http_request_t *r, const char *name, const ngx_str_t *text, ngx_flag_t *repaired)
{
    if (text->len) add_text (event, r, name, text->data, text->len, repaired);
}

/* ---------------------------------------------------------------------------------------------- Fields by choice */

/*  Variables whose fields are called otherwise, or hold numbers; all others are texts under their own names.  */
static const struct { const char *variable, *name; hit_kind_t kind; ngx_flag_t many; } known[] = {
    {"host", "request_host", HIT_TEXT, 0},
    {"hostname", "host", HIT_TEXT, 0},
    {"uri", "uri", HIT_TEXT, 0},
    {"status", "status", HIT_INT32, 0},
    {"server_port", "server_port", HIT_INT32, 0},
    {"remote_port", "remote_port", HIT_INT32, 0},
    {"bytes_sent", "bytes_sent", HIT_INT64, 0},
    {"body_bytes_sent", "bytes", HIT_INT64, 0},
    {"request_length", "request_length", HIT_INT64, 0},
    {"connection", "connection", HIT_INT64, 0},
    {"connection_requests", "connection_requests", HIT_INT64, 0},
    {"content_length", "content_length", HIT_INT64, 0},
    {"pid", "pid", HIT_INT64, 0},
    {"tcpinfo_rtt", "tcpinfo_rtt", HIT_INT64, 0},
    {"tcpinfo_rttvar", "tcpinfo_rttvar", HIT_INT64, 0},
    {"request_time", "request_time", HIT_DOUBLE, 0},
    {"connection_time", "connection_time", HIT_DOUBLE, 0},
    {"gzip_ratio", "gzip_ratio", HIT_DOUBLE, 0},
    {"upstream_addr", "upstream_addr", HIT_TEXT, 1},
    {"upstream_status", "upstream_status", HIT_INT32, 1},
    {"upstream_response_time", "upstream_response_time", HIT_DOUBLE, 1},
    {"upstream_connect_time", "upstream_connect_time", HIT_DOUBLE, 1},
    {"upstream_header_time", "upstream_header_time", HIT_DOUBLE, 1},
    {"upstream_queue_time", "upstream_queue_time", HIT_DOUBLE, 1},
    {"upstream_response_length", "upstream_response_length", HIT_INT64, 1},
    {"upstream_bytes_sent", "upstream_bytes_sent", HIT_INT64, 1},
    {"upstream_bytes_received", "upstream_bytes_received", HIT_INT64, 1},
};

void hit_field_of (const ngx_str_t *variable, hit_field_t *field)
{
    size_t row;

    field->kind = HIT_TEXT;
    field->many = 0;
    for (row = 0; row < sizeof known / sizeof known[0]; row++) {
        if (strlen (known[row].variable) != variable->len) continue;
        if (ngx_strncmp (known[row].variable, variable->data, variable->len) != 0) continue;
        field->kind = known[row].kind;
        field->many = known[row].many;
        if (field->name == NULL) field->name = known[row].name;
        return;
    }
    if (field->name == NULL) field->name = (const char *) variable->data;
}

/*  Adds one value as what it is; a number that is none is a text.  `name` is NULL in arrays, where "-" is null.  */
static void add_value (
    es_event_t *event, ngx_http_request_t *r, const char *name, hit_kind_t kind, const u_char *bytes, size_t size,
    ngx_flag_t *repaired)
{
    char number[32], *end;
    long long whole;
    double fraction;

    if (size == 0 || (size == 1 && bytes[0] == '-')) {
        if (name == NULL) es_event_null (event, NULL);
        return;
    }
    if (kind != HIT_TEXT && size < sizeof number) {
        ngx_memcpy (number, bytes, size);
        number[size] = 0;
        if (kind == HIT_DOUBLE) {
            fraction = strtod (number, &end);
            if (*end == 0) {
                es_event_double (event, name, fraction);
                return;
            }
        } else {
            whole = strtoll (number, &end, 10);
            if (*end == 0 && (kind == HIT_INT64 || whole == (int32_t) whole)) {
                if (kind == HIT_INT32) es_event_int32 (event, name, (int32_t) whole);
                else es_event_int64 (event, name, whole);
                return;
            }
        }
    }
    add_text (event, r, name, bytes, size, repaired);
}

/*  Where the next of several values begins: they are parted by ", ", after internal redirects by " : ".  */
static const u_char *separator (const u_char *p, const u_char *end, size_t *size)
{
    for (; p < end; p++) {
        if (*p == ',' && p + 1 < end && p[1] == ' ') {
            *size = 2;
            return p;
        }
        if (*p == ' ' && p + 2 < end && p[1] == ':' && p[2] == ' ') {
            *size = 3;
            return p;
        }
    }
    *size = 0;
    return end;
}

static void add_field (es_event_t *event, ngx_http_request_t *r, const hit_field_t *field, ngx_flag_t *repaired)
{
    ngx_http_variable_value_t *value = ngx_http_get_indexed_variable (r, field->index);
    const u_char *p, *end, *stop;
    size_t size;

    if (value == NULL || value->not_found || value->len == 0) return;
    p = value->data;
    end = p + value->len;
    stop = field->many ? separator (p, end, &size) : end;
    if (stop == end) {
        add_value (event, r, field->name, field->kind, p, end - p, repaired);
        return;
    }
    es_event_array (event, field->name);
    for (;;) {
        add_value (event, r, NULL, field->kind, p, stop - p, repaired);
        if (stop == end) break;
        p = stop + size;
        stop = separator (p, end, &size);
    }
    es_event_end (event);
}

/* ------------------------------------------------------------------------------------------------------ The event */

/*  Where "HTTP/" and a version begin at the end of a request line; NULL if they do not.  */
static const u_char *protocol (const u_char *start, const u_char *end)
{
    const u_char *p = end;

    while (p > start && end - p < 8 && ((p[-1] >= '0' && p[-1] <= '9') || p[-1] == '.')) p--;
    if (p == end || p - start < 6 || ngx_memcmp (p - 6, " HTTP/", 6) != 0) return NULL;
    return p - 5;
}

/*  The end of a method: capital letters, - and _, at most 32, and a space behind; NULL if there is none.  */
static const u_char *end_of_method (const u_char *p, const u_char *end)
{
    const u_char *start = p;

    while (p < end && p - start <= 32 && ((*p >= 'A' && *p <= 'Z') || *p == '-' || *p == '_')) p++;
    return p == start || p - start > 32 || p == end || *p != ' ' ? NULL : p;
}

/*  Whether a path, "*", an absolute address, or the host of CONNECT can begin so.  */
static ngx_flag_t begins_target (u_char c)
{
    return c == '/' || c == '*' || c == '[' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/*  The request line in its parts where it has them, as eventstorm-source-log finds them in a log.  */
static void add_request (es_event_t *event, ngx_http_request_t *r, ngx_int_t index, ngx_flag_t *repaired)
{
    ngx_http_variable_value_t *line = ngx_http_get_indexed_variable (r, index);
    const u_char *start, *end, *method, *target, *version, *mark;

    if (line == NULL || line->not_found || line->len == 0) return;
    start = line->data;
    end = start + line->len;
    method = end_of_method (start, end);
    target = method ? method + 1 : end;
    version = protocol (target, end);
    /*  HTTP/0.9 has no protocol, and knows GET of a path alone.  */
    if (version == NULL
        && (end - start < 5 || ngx_memcmp (start, "GET /", 5) != 0 || memchr (target, ' ', end - target) != NULL))
        method = NULL;
    mark = version ? version - 1 : end;
    if (method == NULL || mark <= target || !begins_target (*target)) {
        add_text (event, r, "request", start, end - start, repaired);
        return;
    }
    end = mark;
    mark = memchr (target, '?', end - target);
    add_text (event, r, "method", start, method - start, repaired);
    add_text (event, r, "path", target, (mark ? mark : end) - target, repaired);
    if (mark && mark + 1 < end) add_text (event, r, "query", mark + 1, end - mark - 1, repaired);
    if (version) add_text (event, r, "protocol", version, start + line->len - version, repaired);
}

static int32_t status_of (const ngx_http_request_t *r)
{
    if (r->err_status) return (int32_t) r->err_status;
    if (r->headers_out.status) return (int32_t) r->headers_out.status;
    return r->http_version == NGX_HTTP_VERSION_9 ? 9 : 0;
}

void hit_write (es_event_t *event, ngx_http_request_t *r, ngx_int_t request, const ngx_array_t *fields)
{
    ngx_time_t *now = ngx_timeofday ();
    const hit_field_t *field;
    ngx_flag_t repaired = 0;
    ngx_uint_t i;
    off_t body = r->connection->sent - (off_t) r->header_size;

    es_event_time (event, "timestamp", (int64_t) now->sec * 1000 + now->msec);
    add_string (event, r, "remote_addr", &r->connection->addr_text, &repaired);
    if (ngx_http_auth_basic_user (r) == NGX_OK) add_string (event, r, "remote_user", &r->headers_in.user, &repaired);
    add_request (event, r, request, &repaired);
    es_event_int32 (event, "status", status_of (r));
    es_event_int64 (event, "bytes", body > 0 ? body : 0);
    if (r->headers_in.referer) add_string (event, r, "referer", &r->headers_in.referer->value, &repaired);
    if (r->headers_in.user_agent) add_string (event, r, "user_agent", &r->headers_in.user_agent->value, &repaired);
    if (fields != NULL) {
        field = fields->elts;
        for (i = 0; i < fields->nelts; i++) add_field (event, r, &field[i], &repaired);
    }
    if (repaired) es_event_bool (event, "repaired", true);
}
