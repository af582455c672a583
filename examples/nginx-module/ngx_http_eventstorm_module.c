/*  ngx_http_eventstorm_module: an event for each request, from the log phase, with no file in between.

    A worker has a source of its own for each list of endpoints. It is opened when the worker starts and closed, its
    queue sent, when the worker ends; so a reload changes from the old workers' sources to the new ones'. No call here
    waits: an event that nobody wants is counted, not built; one that finds the queue full is refused, and counted.  */
#include "hit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*  A topic that some locations publish to.  */
typedef struct {
    ngx_str_t endpoints;
    ngx_str_t name;
    es_topic_t *topic;  /*  NULL outside of workers, and where it could not be opened  */
} target_t;

typedef struct {
    ngx_array_t targets;  /*  of target_t *  */
    ngx_str_t name;       /*  what the sources are called in the books, before "-" and the worker's number  */
    ngx_int_t request;    /*  the index of the variable $request  */
} main_conf_t;

typedef struct {
    ngx_str_t endpoints;  /*  data is NULL where it is not set, len 0 for "off"  */
    ngx_str_t topic;
    ngx_array_t *fields;  /*  of hit_field_t  */
    target_t *target;
} loc_conf_t;

/*  A source of this worker.  */
typedef struct {
    char *endpoints;      /*  its own, since it may outlive the configuration  */
    es_source_t *source;  /*  NULL if it could not be opened  */
} open_source_t;

/*  What this worker has open; `event` is NULL where nothing is.  */
#define SOURCES 16
static open_source_t sources[SOURCES];
static ngx_uint_t open_sources;
static es_event_t *event;
static char source_name[128];

static ngx_int_t preconfigure (ngx_conf_t *cf);
static ngx_int_t postconfigure (ngx_conf_t *cf);
static void *create_main_conf (ngx_conf_t *cf);
static void *create_loc_conf (ngx_conf_t *cf);
static char *merge_loc_conf (ngx_conf_t *cf, void *parent, void *child);
static char *set_endpoints (ngx_conf_t *cf, ngx_command_t *command, void *conf);
static char *set_fields (ngx_conf_t *cf, ngx_command_t *command, void *conf);
static ngx_int_t init_process (ngx_cycle_t *cycle);
static void exit_process (ngx_cycle_t *cycle);

#define ANYWHERE (NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_HTTP_LIF_CONF)

static ngx_command_t commands[] = {
    {ngx_string ("eventstorm"), ANYWHERE | NGX_CONF_TAKE1, set_endpoints, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
    {ngx_string ("eventstorm_topic"), ANYWHERE | NGX_CONF_TAKE1, ngx_conf_set_str_slot, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof (loc_conf_t, topic), NULL},
    {ngx_string ("eventstorm_fields"), ANYWHERE | NGX_CONF_1MORE, set_fields, NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
    {ngx_string ("eventstorm_name"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, ngx_conf_set_str_slot,
     NGX_HTTP_MAIN_CONF_OFFSET, offsetof (main_conf_t, name), NULL},
    ngx_null_command,
};

static ngx_http_module_t context = {
    preconfigure, postconfigure, create_main_conf, NULL, NULL, NULL, create_loc_conf, merge_loc_conf,
};

ngx_module_t ngx_http_eventstorm_module = {
    NGX_MODULE_V1, &context,     commands, NGX_HTTP_MODULE, NULL, NULL, init_process, NULL, NULL,
    exit_process,  NULL,         NGX_MODULE_V1_PADDING,
};

/* -------------------------------------------------------------------------------------------------- The log phase */

static ngx_int_t log_request (ngx_http_request_t *r)
{
    const loc_conf_t *conf = ngx_http_get_module_loc_conf (r, ngx_http_eventstorm_module);
    const main_conf_t *all = ngx_http_get_module_main_conf (r, ngx_http_eventstorm_module);
    es_topic_t *topic = conf->target ? conf->target->topic : NULL;

    if (topic == NULL) return NGX_OK;
    if (!es_topic_wanted (topic)) {
        es_topic_unwanted (topic);
        return NGX_OK;
    }
    es_event_clear (event);
    hit_write (event, r, all->request, conf->fields);
    if (es_emit (topic, event) != 0) ngx_log_error (NGX_LOG_ERR, r->connection->log, 0, "eventstorm: %s", es_error ());
    return NGX_OK;
}

/* -------------------------------------------------------------------------------------------------- Configuration */

static ngx_int_t preconfigure (ngx_conf_t *cf)
{
    main_conf_t *conf = ngx_http_conf_get_module_main_conf (cf, ngx_http_eventstorm_module);
    ngx_str_t request = ngx_string ("request");

    conf->request = ngx_http_get_variable_index (cf, &request);
    if (conf->request == NGX_ERROR) return NGX_ERROR;
    return ngx_array_init (&conf->targets, cf->pool, 4, sizeof (target_t *));
}

static void *create_main_conf (ngx_conf_t *cf) { return ngx_pcalloc (cf->pool, sizeof (main_conf_t)); }

static void *create_loc_conf (ngx_conf_t *cf)
{
    loc_conf_t *conf = ngx_pcalloc (cf->pool, sizeof *conf);

    if (conf) conf->fields = NGX_CONF_UNSET_PTR;
    return conf;
}

/*  A text with a NUL behind it.  */
static char *copy_text (ngx_pool_t *pool, const ngx_str_t *text)
{
    char *copy = ngx_pnalloc (pool, text->len + 1);

    if (copy) *(u_char *) ngx_cpymem (copy, text->data, text->len) = 0;
    return copy;
}

static char *set_endpoints (ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
    loc_conf_t *loc = conf;
    ngx_str_t *value = cf->args->elts;

    (void) command;
    if (loc->endpoints.data) return "is duplicate";
    loc->endpoints = value[1];
    if (ngx_strcmp (value[1].data, "off") == 0) loc->endpoints.len = 0;
    else if (ngx_strstr (value[1].data, "bind:")) return "connects; workers cannot all bind the same endpoint";
    return NGX_CONF_OK;
}

static char *set_fields (ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
    loc_conf_t *loc = conf;
    ngx_str_t *value = cf->args->elts, variable, name;
    hit_field_t *field;
    ngx_uint_t i;
    u_char *mark;

    (void) command;
    if (loc->fields != NGX_CONF_UNSET_PTR) return "is duplicate";
    loc->fields = NULL;
    if (cf->args->nelts == 2 && ngx_strcmp (value[1].data, "off") == 0) return NGX_CONF_OK;
    loc->fields = ngx_array_create (cf->pool, cf->args->nelts - 1, sizeof (hit_field_t));
    if (loc->fields == NULL) return NGX_CONF_ERROR;
    for (i = 1; i < cf->args->nelts; i++) {
        mark = (u_char *) ngx_strchr (value[i].data, '$');
        if (mark == NULL || mark[1] == 0 || (mark != value[i].data && (mark[-1] != '=' || mark == value[i].data + 1)))
            return "takes $variable and field=$variable";
        variable.data = mark + 1;
        variable.len = value[i].data + value[i].len - variable.data;
        field = ngx_array_push (loc->fields);
        if (field == NULL) return NGX_CONF_ERROR;
        field->name = NULL;
        if (mark != value[i].data) {
            name.data = value[i].data;
            name.len = mark - 1 - value[i].data;
            field->name = copy_text (cf->pool, &name);
            if (field->name == NULL) return NGX_CONF_ERROR;
        }
        field->index = ngx_http_get_variable_index (cf, &variable);
        if (field->index == NGX_ERROR) return NGX_CONF_ERROR;
        hit_field_of (&variable, field);
    }
    return NGX_CONF_OK;
}

/*  The target of these endpoints and this topic, which is made if it is new.  */
static target_t *target_of (ngx_conf_t *cf, const ngx_str_t *endpoints, const ngx_str_t *name)
{
    main_conf_t *conf = ngx_http_conf_get_module_main_conf (cf, ngx_http_eventstorm_module);
    target_t **known = conf->targets.elts, **place, *target;
    ngx_uint_t i;

    for (i = 0; i < conf->targets.nelts; i++) {
        if (known[i]->endpoints.len == endpoints->len && known[i]->name.len == name->len
            && ngx_memcmp (known[i]->endpoints.data, endpoints->data, endpoints->len) == 0
            && ngx_memcmp (known[i]->name.data, name->data, name->len) == 0)
            return known[i];
    }
    target = ngx_pcalloc (cf->pool, sizeof *target);
    place = ngx_array_push (&conf->targets);
    if (target == NULL || place == NULL) return NULL;
    target->endpoints = *endpoints;
    target->name = *name;
    *place = target;
    return target;
}

static char *merge_loc_conf (ngx_conf_t *cf, void *parent, void *child)
{
    loc_conf_t *above = parent, *conf = child;

    if (conf->endpoints.data == NULL) conf->endpoints = above->endpoints;
    ngx_conf_merge_str_value (conf->topic, above->topic, "http.hit");
    ngx_conf_merge_ptr_value (conf->fields, above->fields, NULL);
    if (conf->endpoints.len == 0) return NGX_CONF_OK;
    conf->target = target_of (cf, &conf->endpoints, &conf->topic);
    return conf->target ? NGX_CONF_OK : NGX_CONF_ERROR;
}

/*  Opens what is new, closes nothing: a source for each list of endpoints, a topic for each target.  */
static ngx_int_t open_targets (main_conf_t *conf, ngx_cycle_t *cycle, ngx_uint_t level)
{
    target_t **targets = conf->targets.elts;
    ngx_int_t result = NGX_OK;
    ngx_uint_t i, j;
    char *endpoints, *topic;

    for (i = 0; i < conf->targets.nelts; i++) {
        endpoints = copy_text (cycle->pool, &targets[i]->endpoints);
        topic = copy_text (cycle->pool, &targets[i]->name);
        if (endpoints == NULL || topic == NULL) return NGX_ERROR;
        for (j = 0; j < open_sources && strcmp (sources[j].endpoints, endpoints) != 0; j++) { /* void */ }
        if (j == SOURCES) {
            ngx_log_error (level, cycle->log, 0, "eventstorm: more than %d lists of endpoints", SOURCES);
            return NGX_ERROR;
        }
        if (j == open_sources) {
            sources[j].endpoints = strdup (endpoints);
            if (sources[j].endpoints == NULL) return NGX_ERROR;
            sources[j].source = es_source_open (source_name, endpoints);
            if (sources[j].source == NULL) ngx_log_error (level, cycle->log, 0, "eventstorm: %s", es_error ());
            open_sources++;
        }
        if (sources[j].source == NULL) {
            result = NGX_ERROR;
            continue;
        }
        targets[i]->topic = es_topic_open (sources[j].source, topic);
        if (targets[i]->topic == NULL) {
            ngx_log_error (level, cycle->log, 0, "eventstorm: %s", es_error ());
            result = NGX_ERROR;
        }
    }
    return result;
}

static void close_sources (ngx_log_t *log)
{
    while (open_sources > 0) {
        if (es_source_close (&sources[--open_sources].source) != 0)
            ngx_log_error (NGX_LOG_WARN, log, 0, "eventstorm: %s", es_error ());
        free (sources[open_sources].endpoints);
    }
    es_event_destroy (&event);
}

static ngx_int_t postconfigure (ngx_conf_t *cf)
{
    ngx_http_core_main_conf_t *core = ngx_http_conf_get_module_main_conf (cf, ngx_http_core_module);
    main_conf_t *conf = ngx_http_conf_get_module_main_conf (cf, ngx_http_eventstorm_module);
    ngx_http_handler_pt *handler = ngx_array_push (&core->phases[NGX_HTTP_LOG_PHASE].handlers);
    target_t **targets = conf->targets.elts;
    ngx_int_t result;
    ngx_uint_t i;

    if (handler == NULL) return NGX_ERROR;
    *handler = log_request;
    if (conf->name.data == NULL) {
        ngx_str_set (&conf->name, "nginx");
    }
    /*  A single process that reads its configuration again goes on with what it has open.  */
    if (event != NULL) return open_targets (conf, cf->cycle, NGX_LOG_EMERG);
    /*  `nginx -t` finds what workers would stumble over. Only there: the master has no threads, and forks.  */
    if (!ngx_test_config) return NGX_OK;
    strcpy (source_name, "nginx-test");
    result = open_targets (conf, cf->cycle, NGX_LOG_EMERG);
    close_sources (cf->log);
    for (i = 0; i < conf->targets.nelts; i++) targets[i]->topic = NULL;
    return result;
}

/* ------------------------------------------------------------------------------------------------------- Workers */

static ngx_int_t init_process (ngx_cycle_t *cycle)
{
    main_conf_t *conf = ngx_http_cycle_get_module_main_conf (cycle, ngx_http_eventstorm_module);

    if (conf == NULL || (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)) return NGX_OK;
    event = es_event_new ();
    if (event == NULL) return NGX_ERROR;
    snprintf (source_name, sizeof source_name, "%.*s-%lu", (int) conf->name.len, (const char *) conf->name.data,
              (unsigned long) ngx_worker);
    /*  Without a source the worker serves its clients as ever.  */
    (void) open_targets (conf, cycle, NGX_LOG_ERR);
    return NGX_OK;
}

static void exit_process (ngx_cycle_t *cycle) { close_sources (cycle->log); }
