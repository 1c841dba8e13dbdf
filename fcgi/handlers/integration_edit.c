/* The form of an integration: what it asks, and how it is drawn. */
#include "fcgi/handlers/integration_form.h"

#include "fcgi/handlers.h"
#include "gen/templates.h"
#include "shared/json.h"

#define MISSING "This integration is not there any more."
#define URL_MAX 2000
#define SECRET_MAX 1000
#define STAGES_MAX 200
#define BOARDS_OPEN 3 /* so few are shown with their stages */
#define SPARE_LINES 3 /* empty lines of the mapping */
#define REMOTE_BYTES ((size_t)256 << 10)
#define REMOTE_MAX 400
#define PIPEDRIVE_URL "https://api.pipedrive.com"
#define HUBSPOT_URL "https://api.hubapi.com"

#define AT(member) offsetof(struct integration_form, member)
static const char *const kind_choices[] = {"webhook", "slack", "pipedrive", "hubspot", NULL};
static const char *const make_choices[] = {"nothing", "lead", "deal", NULL};
static const struct form_field fields[] = {
    {.name = "kind",
     .label = "Kind",
     .kind = FORM_ENUM,
     .choices = kind_choices,
     .offset = AT(kind)},
    {.name = "name",
     .label = "Name",
     .kind = FORM_TEXT,
     .required = true,
     .max = 100,
     .offset = AT(name)},
    {.name = "url", .label = "Address", .kind = FORM_URL, .max = URL_MAX, .offset = AT(url)},
    {.name = "secret",
     .label = "Key",
     .kind = FORM_PASSWORD,
     .max = SECRET_MAX,
     .offset = AT(secret)},
    {.name = "events",
     .label = "What it is told",
     .kind = FORM_TEXTS,
     .max = 20,
     .offset = AT(events)},
    {.name = "stages",
     .label = "Stages",
     .kind = FORM_IDS,
     .max = STAGES_MAX,
     .offset = AT(stages)},
    {.name = "persons", .label = "Contacts", .kind = FORM_BOOL, .offset = AT(persons)},
    {.name = "activity", .label = "Activity", .kind = FORM_BOOL, .offset = AT(activity)},
    {.name = "make",
     .label = "Lead or deal",
     .kind = FORM_ENUM,
     .choices = make_choices,
     .offset = AT(make)},
    {.name = "tokens",
     .label = "Daily budget",
     .kind = FORM_INT,
     .min = 0,
     .max = 100000000,
     .offset = AT(tokens)},
    {.name = "pipeline", .label = "Pipeline", .kind = FORM_ID, .offset = AT(pipeline)},
    {.name = "stage", .label = "Stage of deals", .kind = FORM_ID, .offset = AT(stage)},
    {.name = "version",
     .label = "Version",
     .kind = FORM_TEXT,
     .max = 20,
     .offset = AT(version)},
    {.name = "map_ours",
     .label = "Mapping",
     .kind = FORM_TEXTS,
     .max = INTEGRATION_MAP_MAX,
     .offset = AT(map_ours)},
    {.name = "map_theirs",
     .label = "Mapping",
     .kind = FORM_TEXTS,
     .max = INTEGRATION_MAP_MAX,
     .offset = AT(map_theirs)},
};
const struct form_spec integration_spec = FORM_SPEC(fields, struct integration_form);

enum err integration_form_load(struct web *web, struct integration_stored *out)
{
    struct sql_integration_get row;
    const struct sql_integration_get_in in = {.dataset = web->session.dataset,
                                              .integration = web->ids[0]};
    struct sql_integration_secret_hints_rows hints;
    TRY(web_need(web, sql_integration_get(web->db, &in, &row), MISSING));
    TRY(sql_integration_secret_hints(web->db,
                                     &(struct sql_integration_secret_hints_in){
                                         .dataset = in.dataset, .integration = in.integration},
                                     &hints));
    *out = (struct integration_stored){.id = row.id,
                                       .kind = (enum integration_kind)row.kind,
                                       .name = row.name,
                                       .url = row.url,
                                       .hint = hints.n > 0 ? hints.row[0].hint
                                                           : (struct str){.p = NULL},
                                       .remote = row.remote,
                                       .events = row.events,
                                       .stages = row.stage_ids};
    integration_settings_read(web->ctx, out->kind, row.settings, &out->settings);
    return ERR_NONE;
}

void integration_form_begin(enum integration_kind kind, struct integration_stored *out)
{
    static const struct str entered = STR_INIT("account.entered_stage");
    *out = (struct integration_stored){.kind = kind,
                                       .name = str_from(integration_kind_name(kind))};
    integration_defaults(kind, &out->settings);
    if (kind == INTEGRATION_PIPEDRIVE) {
        out->url = STR(PIPEDRIVE_URL);
    } else if (kind == INTEGRATION_HUBSPOT) {
        out->url = STR(HUBSPOT_URL);
    } else {
        out->events = (struct sql_strs){&entered, 1};
    }
}

/* ---- drawing ---- */

static const struct integration_form *sent(const struct web *web)
{
    return web->form.spec == &integration_spec && web->route->method == METHOD_POST
               ? web->form.values
               : NULL;
}

static bool has_text(const struct str *list, size_t n, struct str text)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(list[i], text)) {
            return true;
        }
    }
    return false;
}

static bool has_id(const int64_t *list, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i] == id) {
            return true;
        }
    }
    return false;
}

static void draw_events(struct web *web, const struct integration_stored *stored,
                        struct integration_edit_view *view)
{
    const struct integration_form *form = sent(web);
    size_t n;
    const struct integration_event *events = integration_events(&n);
    struct event_choice *choices = ARENA_ARRAY(web->ctx->arena, n, struct event_choice);
    for (size_t i = 0; i < n; i++) {
        bool on = form != NULL ? has_text(form->events.v, form->events.n, events[i].type)
                               : has_text(stored->events.v, stored->events.n, events[i].type);
        choices[i] =
            (struct event_choice){.type = events[i].type, .label = events[i].label, .on = on};
    }
    view->events = choices;
    view->n_events = n;
}

/* Boards with their stages, in one list of rows. */
static enum err draw_stages(struct web *web, const struct integration_stored *stored,
                            struct integration_edit_view *view)
{
    const struct integration_form *form = sent(web);
    const int64_t *chosen = form != NULL ? form->stages.v : stored->stages.v;
    size_t n_chosen = form != NULL ? form->stages.n : stored->stages.n, found = 0;
    struct sql_integration_stages_rows rows;
    TRY(sql_integration_stages(web->db,
                               &(struct sql_integration_stages_in){
                                   .dataset = web->session.dataset, .user = web->session.user},
                               &rows));
    struct integration_board *groups =
        ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct integration_board);
    struct integration_stage *stages =
        ARENA_ARRAY(web->ctx->arena, rows.n + 1, struct integration_stage);
    for (size_t i = 0; i < rows.n; i++) {
        const struct sql_integration_stages *row = &rows.row[i];
        bool on = has_id(chosen, n_chosen, row->stage);
        found += on ? 1 : 0;
        stages[i] = (struct integration_stage){
            .id = row->stage, .name = row->stage_name, .on = on, .final = row->final};
        if (view->n_boards == 0 || groups[view->n_boards - 1].board != row->board) {
            groups[view->n_boards++] = (struct integration_board){.board = row->board,
                                                                  .name = row->board_name,
                                                                  .own = row->own,
                                                                  .stages = &stages[i]};
        }
        groups[view->n_boards - 1].n_stages++;
        groups[view->n_boards - 1].n_on += on ? 1 : 0;
    }
    for (size_t i = 0; i < view->n_boards; i++) {
        groups[i].open = groups[i].n_on > 0 || view->n_boards <= BOARDS_OPEN;
    }
    view->boards = groups;
    view->lost_stages = (int64_t)(n_chosen - found);
    return ERR_NONE;
}

static struct str value_of(struct arena *arena, struct str of, struct str ours)
{
    return str_is_empty(ours) ? STR("")
                              : arena_print(arena, "%.*s:%.*s", STR_ARG(of), STR_ARG(ours));
}

static void fill_options(struct web *web, struct map_line *line, struct str chosen)
{
    struct arena *arena = web->ctx->arena;
    size_t n;
    const struct integration_field *known = integration_fields(&n);
    struct map_option *companies = ARENA_ARRAY(arena, n, struct map_option);
    struct map_option *people = ARENA_ARRAY(arena, n, struct map_option);
    for (size_t i = 0; i < n; i++) {
        struct str of = known[i].person ? STR("person") : STR("company");
        struct map_option option = {.value = value_of(arena, of, known[i].name),
                                    .label = known[i].label};
        option.on = str_eq(option.value, chosen);
        if (known[i].person) {
            people[line->n_people++] = option;
        } else {
            companies[line->n_companies++] = option;
        }
    }
    line->companies = companies;
    line->people = people;
}

static void draw_map(struct web *web, const struct integration_stored *stored,
                     struct integration_edit_view *view)
{
    const struct integration_form *form = sent(web);
    size_t n = form != NULL ? form->map_ours.n : stored->settings.n_map;
    size_t all = n + SPARE_LINES < INTEGRATION_MAP_MAX ? n + SPARE_LINES : INTEGRATION_MAP_MAX;
    struct map_line *lines = ARENA_ARRAY(web->ctx->arena, all, struct map_line);
    for (size_t i = 0; i < all; i++) {
        struct str chosen = STR("");
        lines[i] = (struct map_line){.index = (int64_t)i, .number = (int64_t)i + 1};
        if (i < n && form != NULL) {
            chosen = form->map_ours.v[i];
            lines[i].theirs =
                i < form->map_theirs.n ? form->map_theirs.v[i] : (struct str){.p = NULL};
        } else if (i < n) {
            const struct integration_map *map = &stored->settings.map[i];
            chosen = value_of(web->ctx->arena, map->of, map->ours);
            lines[i].theirs = map->theirs;
        }
        fill_options(web, &lines[i], chosen);
    }
    view->map = lines;
    view->n_map = all;
}

/* Names of fields that the last test found there. */
static void draw_remote(struct web *web, const struct integration_stored *stored,
                        struct integration_edit_view *view)
{
    const struct json *json = NULL;
    if (str_is_null(stored->remote) ||
        json_parse(web->ctx, stored->remote, REMOTE_BYTES, &json) != ERR_NONE) {
        ctx_clear(web->ctx);
        return;
    }
    const struct json *list = json_get(json, "fields");
    struct remote_field *remote = ARENA_ARRAY(web->ctx->arena, REMOTE_MAX, struct remote_field);
    for (const struct json *item = json_first(list);
         item != NULL && view->n_remote < REMOTE_MAX; item = json_next(item)) {
        remote[view->n_remote++] =
            (struct remote_field){.key = json_text(json_get(item, "key")),
                                  .label = json_text(json_get(item, "label"))};
    }
    view->remote = remote;
}

static struct str number_text(struct web *web, int64_t number)
{
    return number == 0 ? STR("") : arena_print(web->ctx->arena, "%lld", (long long)number);
}

static void draw_crm(struct web *web, const struct integration_stored *stored,
                     struct integration_edit_view *view)
{
    const struct form *form = &web->form;
    const struct integration_form *values = sent(web);
    const struct integration_settings *settings = &stored->settings;
    view->persons = values != NULL ? values->persons : settings->persons;
    view->activity = values != NULL ? values->activity : settings->activity;
    view->make = values != NULL && values->make >= 0 ? values->make : (int64_t)settings->make;
    view->tokens = form_value(form, "tokens", number_text(web, settings->tokens));
    view->tokens_wrong = form_message(form, "tokens");
    view->pipeline = form_value(form, "pipeline", number_text(web, settings->pipeline));
    view->pipeline_wrong = form_message(form, "pipeline");
    view->stage = form_value(form, "stage", number_text(web, settings->stage));
    view->stage_wrong = form_message(form, "stage");
    view->version = form_value(form, "version", settings->version);
    view->version_wrong = form_message(form, "version");
    view->map_wrong = form_message(form, "map_theirs");
    draw_map(web, stored, view);
    draw_remote(web, stored, view);
}

enum err integration_form_draw(struct web *web, const struct request *request,
                               struct response *response,
                               const struct integration_stored *stored)
{
    const struct form *form = &web->form;
    struct integration_edit_view view = {
        .page = page_make(web, request, response, "New integration", NAV_INTEGRATIONS),
        .id = stored->id,
        .kind = stored->kind,
        .kind_name = integration_kind_name(stored->kind),
        .kind_word = integration_kind_word(stored->kind),
        .crm = integration_is_crm(stored->kind),
        .has_secret = !str_is_null(stored->hint),
        .wrong = form_message(form, ""),
        .name = form_value(form, "name", stored->name),
        .name_wrong = form_message(form, "name"),
        .url = form_value(form, "url", stored->url),
        .url_wrong = form_message(form, "url"),
        .secret_hint = stored->hint,
        .secret_wrong = form_message(form, "secret"),
        .events_wrong = form_message(form, "events"),
    };
    view.page.title =
        stored->id != 0 ? stored->name : arena_print(web->ctx->arena, "New %s", view.kind_name);
    draw_events(web, stored, &view);
    TRY(draw_stages(web, stored, &view));
    draw_crm(web, stored, &view);
    web_form_status(web, response);
    tpl_integration_edit(&response->body, &view);
    return ERR_NONE;
}

enum err handle_integration_new(struct web *web, struct request *request,
                                struct response *response)
{
    struct integration_stored stored;
    enum integration_kind kind;
    if (!integration_kind_of(web_query(web, "kind"), &kind)) {
        struct integrations_view view = {
            .page = page_make(web, request, response, "New integration", NAV_INTEGRATIONS)};
        tpl_integration_kinds(&response->body, &view);
        return ERR_NONE;
    }
    integration_form_begin(kind, &stored);
    return integration_form_draw(web, request, response, &stored);
}

enum err handle_integration_edit(struct web *web, struct request *request,
                                 struct response *response)
{
    struct integration_stored stored;
    TRY(integration_form_load(web, &stored));
    return integration_form_draw(web, request, response, &stored);
}
