/*  The event http.hit of a request, with the fields that docs/events.md names.  */
#ifndef EVENTSTORM_NGINX_HIT_H
#define EVENTSTORM_NGINX_HIT_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <eventstorm.h>

/*  What a variable of nginx becomes.  */
typedef enum { HIT_TEXT, HIT_INT32, HIT_INT64, HIT_DOUBLE } hit_kind_t;

/*  A field beside the usual ones.  */
typedef struct {
    const char *name;  /*  in the event  */
    ngx_int_t index;   /*  of the variable  */
    hit_kind_t kind;
    ngx_flag_t many;   /*  one value by itself, those of several servers as an array  */
} hit_field_t;

/*  Whether `variable`, without the $, has a name or a type of its own in events; fills in what is known.  */
void hit_field_of (const ngx_str_t *variable, hit_field_t *field);

/*  Writes the usual fields and those of `fields`, hit_field_t, which may be NULL.

    request: the index of the variable $request.  */
void hit_write (es_event_t *event, ngx_http_request_t *r, ngx_int_t request, const ngx_array_t *fields);

#endif
