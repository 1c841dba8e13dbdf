#include "shared/integration.h"

#include "gen/sql.h"
#include "shared/json.h"

#define SECRET_BYTES 32
#define HINT_CHARACTERS 4
#define TOKENS_DEFAULT 30000 /* Pipedrive's smallest plan, one seat */

static const struct {
    const char *name, *word;
} kinds[INTEGRATION__END] = {
    [INTEGRATION_WEBHOOK] = {"Webhook", "webhook"},
    [INTEGRATION_SLACK] = {"Slack", "slack"},
    [INTEGRATION_PIPEDRIVE] = {"Pipedrive", "pipedrive"},
    [INTEGRATION_HUBSPOT] = {"HubSpot", "hubspot"},
};

const char *integration_kind_name(enum integration_kind kind)
{
    return kind > 0 && kind < INTEGRATION__END ? kinds[kind].name : "Integration";
}

const char *integration_kind_word(enum integration_kind kind)
{
    return kind > 0 && kind < INTEGRATION__END ? kinds[kind].word : "";
}

bool integration_kind_of(struct str word, enum integration_kind *out_kind)
{
    for (int kind = 1; kind < INTEGRATION__END; kind++) {
        if (str_eq(word, str_from(kinds[kind].word))) {
            *out_kind = (enum integration_kind)kind;
            return true;
        }
    }
    return false;
}

static const struct integration_event events[] = {
    {STR_INIT("account.entered_stage"), "A card comes into a stage"},
    {STR_INIT("card.created"), "A card is added to a board"},
    {STR_INIT("card.moved"), "A card is moved to another stage"},
    {STR_INIT("card.owner_changed"), "A card gets another owner"},
    {STR_INIT("card.tagged"), "A tag is put on a card"},
    {STR_INIT("card.untagged"), "A tag is taken off a card"},
    {STR_INIT("card.removed"), "A card is removed from its board"},
    {STR_INIT("card.restored"), "A removed card is put back"},
};

const struct integration_event *integration_events(size_t *out_n)
{
    *out_n = sizeof(events) / sizeof(events[0]);
    return events;
}

bool integration_event_is(struct str type)
{
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (str_eq(type, events[i].type)) {
            return true;
        }
    }
    return false;
}

/* ---- settings ---- */

static const struct integration_field fields[] = {
    {STR_INIT("name"), "Name", false},
    {STR_INIT("domain"), "Domain", false},
    {STR_INIT("website"), "Website", false},
    {STR_INIT("description"), "Description", false},
    {STR_INIT("industry"), "Industry", false},
    {STR_INIT("employees"), "Employees", false},
    {STR_INIT("revenue"), "Revenue", false},
    {STR_INIT("founded"), "Founded", false},
    {STR_INIT("legal_type"), "Legal type", false},
    {STR_INIT("country"), "Country", false},
    {STR_INIT("region"), "Region", false},
    {STR_INIT("city"), "City", false},
    {STR_INIT("address"), "Address", false},
    {STR_INIT("phone"), "Phone", false},
    {STR_INIT("linkedin"), "LinkedIn", false},
    {STR_INIT("score"), "Leadscore", false},
    {STR_INIT("tags"), "Tags", false},
    {STR_INIT("sessions"), "Sessions", false},
    {STR_INIT("pageviews"), "Page views", false},
    {STR_INIT("last_seen"), "Last seen", false},
    {STR_INIT("link"), "Link to LeadBoard", false},
    {STR_INIT("first_name"), "First name", true},
    {STR_INIT("last_name"), "Last name", true},
    {STR_INIT("email"), "Email", true},
    {STR_INIT("phone"), "Phone", true},
    {STR_INIT("job_title"), "Job title", true},
    {STR_INIT("company"), "Company as typed", true},
    {STR_INIT("score"), "Leadscore", true},
    {STR_INIT("channel"), "First channel", true},
    {STR_INIT("campaign"), "First campaign", true},
    {STR_INIT("landing"), "First landing page", true},
    {STR_INIT("last_seen"), "Last seen", true},
    {STR_INIT("link"), "Link to LeadBoard", true},
};

const struct integration_field *integration_fields(size_t *out_n)
{
    *out_n = sizeof(fields) / sizeof(fields[0]);
    return fields;
}

static void map_to(struct integration_settings *settings, const char *of, const char *ours,
                   const char *theirs)
{
    settings->map[settings->n_map++] = (struct integration_map){
        .of = str_from(of), .ours = str_from(ours), .theirs = str_from(theirs)};
}

/* Fields that every HubSpot account has; those of Pipedrive have keys of their own. Theirs for
 * the industry takes only words of its own list. */
static void map_hubspot(struct integration_settings *settings)
{
    map_to(settings, "company", "description", "description");
    map_to(settings, "company", "country", "country");
    map_to(settings, "company", "city", "city");
    map_to(settings, "company", "phone", "phone");
    map_to(settings, "company", "employees", "numberofemployees");
    map_to(settings, "person", "first_name", "firstname");
    map_to(settings, "person", "last_name", "lastname");
    map_to(settings, "person", "phone", "phone");
    map_to(settings, "person", "job_title", "jobtitle");
}

void integration_defaults(enum integration_kind kind, struct integration_settings *out)
{
    *out = (struct integration_settings){.persons = true,
                                         .make = MAKE_LEAD,
                                         .activity = true,
                                         .tokens = TOKENS_DEFAULT,
                                         .version = STR("v3")};
    if (kind == INTEGRATION_HUBSPOT) {
        map_hubspot(out);
    }
}

static void read_map(const struct json *list, struct integration_settings *out)
{
    if (json_kind(list) != JSON_ARRAY) {
        return;
    }
    out->n_map = 0;
    for (const struct json *item = json_first(list);
         item != NULL && out->n_map < INTEGRATION_MAP_MAX; item = json_next(item)) {
        struct integration_map map = {.of = json_text(json_get(item, "of")),
                                      .ours = json_text(json_get(item, "ours")),
                                      .theirs = json_text(json_get(item, "theirs"))};
        if (!str_is_empty(map.of) && !str_is_empty(map.ours) && !str_is_empty(map.theirs)) {
            out->map[out->n_map++] = map;
        }
    }
}

void integration_settings_read(struct ctx *ctx, enum integration_kind kind, struct str text,
                               struct integration_settings *out)
{
    const struct json *json;
    int64_t make;
    integration_defaults(kind, out);
    if (json_parse(ctx, text, INTEGRATION_SETTINGS_BYTES, &json) != ERR_NONE) {
        ctx_clear(ctx);
        return;
    }
    (void)json_bool(json_get(json, "persons"), &out->persons);
    (void)json_bool(json_get(json, "activity"), &out->activity);
    (void)json_id(json_get(json, "pipeline"), &out->pipeline);
    (void)json_id(json_get(json, "stage"), &out->stage);
    (void)json_i64(json_get(json, "tokens"), &out->tokens);
    if (json_i64(json_get(json, "make"), &make) && make >= MAKE_NOTHING && make <= MAKE_DEAL) {
        out->make = (enum integration_make)make;
    }
    if (!str_is_empty(json_text(json_get(json, "version")))) {
        out->version = json_text(json_get(json, "version"));
    }
    read_map(json_get(json, "map"), out);
}

enum err integration_settings_write(struct ctx *ctx,
                                    const struct integration_settings *settings,
                                    struct str *out_json)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, INTEGRATION_SETTINGS_BYTES);
    sb_printf(&sb,
              "{\"persons\":%s,\"activity\":%s,\"make\":%d,\"pipeline\":\"%lld\","
              "\"stage\":\"%lld\",\"tokens\":%lld,\"version\":",
              settings->persons ? "true" : "false", settings->activity ? "true" : "false",
              (int)settings->make, (long long)settings->pipeline, (long long)settings->stage,
              (long long)settings->tokens);
    json_write_str(&sb, settings->version);
    SB_LIT(&sb, ",\"map\":[");
    for (size_t i = 0; i < settings->n_map; i++) {
        sb_bytes(&sb, ",", i > 0);
        SB_LIT(&sb, "{\"of\":");
        json_write_str(&sb, settings->map[i].of);
        SB_LIT(&sb, ",\"ours\":");
        json_write_str(&sb, settings->map[i].ours);
        SB_LIT(&sb, ",\"theirs\":");
        json_write_str(&sb, settings->map[i].theirs);
        sb_char(&sb, '}');
    }
    SB_LIT(&sb, "]}");
    return sb_done(&sb, out_json);
}

/* ---- secrets ---- */

/* The row that it is sealed for. */
static const char *purpose(struct arena *arena, int64_t dataset, int64_t integration,
                           int64_t id)
{
    return arena_print(arena, "integration_secret/%lld/%lld/%lld", (long long)dataset,
                       (long long)integration, (long long)id)
        .p;
}

/* Its last characters, where that leaves enough of it unknown. */
static struct str hint_of(struct str secret)
{
    size_t n = secret.n < 12 ? 0 : HINT_CHARACTERS;
    struct str hint = str_slice(secret, secret.n - n, secret.n);
    return str_is_utf8(hint) ? hint : STR("");
}

enum err integration_secret_put(struct db *db, const uint8_t key[CRYPT_KEY_BYTES],
                                int64_t dataset, int64_t integration, struct str secret,
                                int hours)
{
    struct arena *arena = db_ctx(db)->arena;
    struct sql_integration_secret_id made;
    const struct sql_integration_secret_retire_in retire = {
        .dataset = dataset, .integration = integration, .hours = hours};
    TRY(sql_integration_secret_retire(db, &retire, NULL));
    TRY(sql_integration_secret_id(db, &made));
    const char *bound = purpose(arena, dataset, integration, made.id);
    const struct sql_integration_secret_add_in add = {.dataset = dataset,
                                                      .integration = integration,
                                                      .id = made.id,
                                                      .sealed =
                                                          crypt_seal(arena, key, bound, secret),
                                                      .hint = hint_of(secret)};
    return sql_integration_secret_add(db, &add, NULL);
}

enum err integration_secrets_open(struct db *db, const uint8_t key[CRYPT_KEY_BYTES],
                                  int64_t dataset, int64_t integration,
                                  struct str out_secrets[INTEGRATION_SECRETS], size_t *out_n)
{
    struct ctx *ctx = db_ctx(db);
    const struct sql_integration_secrets_in in = {.dataset = dataset,
                                                  .integration = integration};
    struct sql_integration_secrets_rows rows;
    TRY(sql_integration_secrets(db, &in, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        const char *bound = purpose(ctx->arena, dataset, integration, rows.row[i].id);
        if (!crypt_open(ctx->arena, key, bound, rows.row[i].sealed, &out_secrets[i])) {
            return ctx_fail(ctx, ERR_DENIED,
                            "The secret can't be opened with this installation's key. Enter "
                            "it again.");
        }
    }
    *out_n = rows.n;
    return ERR_NONE;
}

struct str integration_signing_secret(struct arena *arena)
{
    uint8_t bytes[SECRET_BYTES];
    crypt_random(bytes, sizeof(bytes));
    struct str text =
        crypt_base64(arena, (struct str){.p = (const char *)bytes, .n = sizeof(bytes)});
    return arena_print(arena, "whsec_%.*s", STR_ARG(text));
}
