#include "fcgi/guide_form.h"

#define AT(member) offsetof(struct guide_values, member)
#define LIST(entry, words, most, member)                                                       \
    {                                                                                          \
        .name = entry, .label = words, .kind = FORM_TEXTS, .max = most, .offset = AT(member)   \
    }

enum { BRING_ALL, BRING_SIGNS };
enum { FROM_ANY, FROM_STEP };
enum { WHOM_PERSON, WHOM_COMPANY };
static const char *const bring_choices[] = {"all", "signs", NULL};
static const char *const from_choices[] = {"any", "step", NULL};
static const char *const whom_choices[] = {"person", "company", NULL};

static const struct form_field fields[] = {
    {.name = "board", .label = "Board", .kind = FORM_ID, .offset = AT(board)},
    {.name = "board_name",
     .label = "Name of the board",
     .kind = FORM_TEXT,
     .max = WORKFLOW_BOARD_NAME_MAX,
     .offset = AT(board_name)},
    {.name = "bring",
     .label = "Who comes onto the board",
     .kind = FORM_ENUM,
     .choices = bring_choices,
     .offset = AT(bring)},
    {.name = "from",
     .label = "From where cards move",
     .kind = FORM_ENUM,
     .choices = from_choices,
     .offset = AT(from)},
    {.name = "whom",
     .label = "Who is tagged",
     .kind = FORM_ENUM,
     .choices = whom_choices,
     .offset = AT(whom)},
    LIST("stage", "Stages", WORKFLOW_STAGES, stages),
    LIST("stage_name", "Names of the stages", WORKFLOW_STAGES, names),
    LIST("tag", "Tags", WORKFLOW_STAGES, tags),
    LIST("of", "Lines", WORKFLOW_SIGNS, of),
    LIST("kind", "Lines", WORKFLOW_SIGNS, kinds),
    LIST("value", "Lines", WORKFLOW_SIGNS, values),
    LIST("example", "Lines", WORKFLOW_SIGNS, examples),
    {.name = "do", .label = "Button", .kind = FORM_TEXT, .max = 40, .offset = AT(pressed)},
};
const struct form_spec guide_spec = FORM_SPEC(fields, struct guide_values);

/* ---- reading ---- */

static struct str at(struct form_texts texts, size_t i)
{
    return i < texts.n ? texts.v[i] : STR("");
}

static int64_t number_at(struct form_texts texts, size_t i)
{
    int64_t number;
    return str_to_i64(at(texts, i), &number) && number >= 0 ? number : -1;
}

static void read_new_stages(const struct guide_values *values, struct workflow *workflow)
{
    workflow->n_stages = 0;
    for (size_t i = 0; i < values->stages.n && i < WORKFLOW_STAGES; i++) {
        workflow->stages[workflow->n_stages++] =
            (struct workflow_stage){.name = at(values->names, i), .tag = at(values->tags, i)};
    }
}

/* The place in the workflow of the form's stage; n_stages: it is not there (any more). */
static size_t place_of(const struct guide_values *values, int64_t form_stage,
                       const struct workflow *workflow)
{
    if (form_stage < 0 || (size_t)form_stage >= values->stages.n) {
        return workflow->n_stages;
    }
    if (workflow->board == 0) {
        return (size_t)form_stage;
    }
    int64_t id = number_at(values->stages, (size_t)form_stage);
    size_t i = 0;
    while (i < workflow->n_stages && workflow->stages[i].id != id) {
        i++;
    }
    return i;
}

static void read_signs(const struct guide_values *values, struct workflow *workflow)
{
    workflow->n_signs = 0;
    for (size_t i = 0; i < values->of.n && workflow->n_signs < WORKFLOW_SIGNS; i++) {
        size_t stage = place_of(values, number_at(values->of, i), workflow);
        enum workflow_sign_kind kind = SIGN_PAGE;
        (void)workflow_sign_from(at(values->kinds, i), &kind);
        if (stage < workflow->n_stages) {
            workflow->signs[workflow->n_signs++] =
                (struct workflow_sign){.stage = stage,
                                       .kind = kind,
                                       .value = at(values->values, i),
                                       .example = at(values->examples, i)};
        }
    }
}

void guide_form_read(const struct guide_values *values, struct workflow *workflow)
{
    workflow->create = values->bring == BRING_SIGNS;
    workflow->one_step = values->from == FROM_STEP;
    workflow->companies = values->whom == WHOM_COMPANY;
    if (workflow->board == 0) {
        workflow->board_name = values->board_name;
        read_new_stages(values, workflow);
    }
    for (size_t i = 0; workflow->board != 0 && i < values->stages.n; i++) {
        size_t stage = place_of(values, (int64_t)i, workflow);
        if (stage < workflow->n_stages) {
            workflow->stages[stage].tag = at(values->tags, i);
        }
    }
    read_signs(values, workflow);
}

/* ---- buttons ---- */

static void add_sign(struct workflow *workflow, size_t stage, size_t *out_fresh)
{
    if (stage < workflow->n_stages && workflow->n_signs < WORKFLOW_SIGNS) {
        *out_fresh = workflow->n_signs;
        workflow->signs[workflow->n_signs++] =
            (struct workflow_sign){.stage = stage, .value = STR("")};
    }
}

static void remove_sign(struct workflow *workflow, size_t sign)
{
    if (sign < workflow->n_signs) {
        workflow->n_signs--;
        memmove(&workflow->signs[sign], &workflow->signs[sign + 1],
                (workflow->n_signs - sign) * sizeof(workflow->signs[0]));
    }
}

static void add_stage(struct workflow *workflow, size_t *out_fresh)
{
    if (workflow->board == 0 && workflow->n_stages < WORKFLOW_STAGES) {
        workflow->stages[workflow->n_stages++] = (struct workflow_stage){.name = STR("")};
        add_sign(workflow, workflow->n_stages - 1, out_fresh);
    }
}

static void remove_stage(struct workflow *workflow, size_t stage)
{
    if (workflow->board != 0 || stage >= workflow->n_stages || workflow->n_stages == 1) {
        return;
    }
    for (size_t i = workflow->n_signs; i-- > 0;) {
        if (workflow->signs[i].stage == stage) {
            remove_sign(workflow, i);
        } else {
            workflow->signs[i].stage -= workflow->signs[i].stage > stage;
        }
    }
    workflow->n_stages--;
    memmove(&workflow->stages[stage], &workflow->stages[stage + 1],
            (workflow->n_stages - stage) * sizeof(workflow->stages[0]));
}

static void swap_stages(struct workflow *workflow, size_t a, size_t b)
{
    if (workflow->board != 0 || a >= workflow->n_stages || b >= workflow->n_stages) {
        return;
    }
    struct workflow_stage stage = workflow->stages[a];
    workflow->stages[a] = workflow->stages[b];
    workflow->stages[b] = stage;
    for (size_t i = 0; i < workflow->n_signs; i++) {
        size_t of = workflow->signs[i].stage;
        workflow->signs[i].stage = of == a ? b : of == b ? a : of;
    }
}

bool guide_form_press(struct workflow *workflow, struct str pressed, size_t *out_fresh)
{
    struct str what = str_slice(pressed, 0, str_find(pressed, ':'));
    int64_t number = 0;
    *out_fresh = SIZE_MAX;
    if (what.n < pressed.n &&
        (!str_to_i64(str_slice(pressed, what.n + 1, pressed.n), &number) || number < 0)) {
        return false;
    }
    if (str_eq(what, STR("sign"))) {
        add_sign(workflow, (size_t)number, out_fresh);
    } else if (str_eq(what, STR("unsign"))) {
        remove_sign(workflow, (size_t)number);
    } else if (str_eq(what, STR("stage"))) {
        add_stage(workflow, out_fresh);
    } else if (str_eq(what, STR("unstage"))) {
        remove_stage(workflow, (size_t)number);
    } else if (str_eq(what, STR("up"))) {
        swap_stages(workflow, (size_t)number, (size_t)number - 1);
    } else if (str_eq(what, STR("down"))) {
        swap_stages(workflow, (size_t)number, (size_t)number + 1);
    } else {
        return false;
    }
    return true;
}

/* ---- drawing ---- */

static const struct guide_option *draw_kinds(struct ctx *ctx, enum workflow_sign_kind chosen)
{
    struct guide_option *kinds = ARENA_ARRAY(ctx->arena, SIGN__COUNT, struct guide_option);
    for (int i = 0; i < SIGN__COUNT; i++) {
        enum workflow_sign_kind kind = (enum workflow_sign_kind)i;
        kinds[i] = (struct guide_option){workflow_sign_name(kind), workflow_sign_label(kind),
                                         kind == chosen};
    }
    return kinds;
}

static void draw_signs(const struct guide_drawing *d, struct guide_stage *stage)
{
    const struct workflow *workflow = d->workflow;
    struct guide_sign *signs = ARENA_ARRAY(d->ctx->arena, workflow->n_signs, struct guide_sign);
    for (size_t i = 0; i < workflow->n_signs; i++) {
        const struct workflow_sign *sign = &workflow->signs[i];
        if (sign->stage != stage->index) {
            continue;
        }
        signs[stage->n_signs] = (struct guide_sign){
            .index = i,
            .number = stage->n_signs + 1,
            .stage = stage->index,
            .kinds = draw_kinds(d->ctx, sign->kind),
            .n_kinds = SIGN__COUNT,
            .kind = workflow_sign_name(sign->kind),
            .value = sign->value,
            .example = sign->example,
            .wrong = d->where.sign == i ? d->why : (struct str){.p = NULL},
            .fresh = d->fresh == i,
        };
        stage->n_signs++;
    }
    stage->signs = signs;
}

void guide_form_draw(const struct guide_drawing *d, struct guide_form *out)
{
    const struct workflow *workflow = d->workflow;
    struct guide_stage *stages =
        ARENA_ARRAY(d->ctx->arena, workflow->n_stages, struct guide_stage);
    bool whole = d->where.stage == SIZE_MAX && d->where.sign == SIZE_MAX;
    for (size_t i = 0; i < workflow->n_stages; i++) {
        const struct workflow_stage *stage = &workflow->stages[i];
        stages[i] = (struct guide_stage){
            .index = i,
            .number = i + 1,
            .id = stage->id,
            .name = stage->name,
            .tag = stage->tag,
            .wrong = d->where.stage == i ? d->why : (struct str){.p = NULL},
            .fixed = workflow->board != 0,
            .first = i == 0,
            .last = i + 1 == workflow->n_stages,
            .only = workflow->n_stages == 1,
            .full = workflow->n_signs >= WORKFLOW_SIGNS,
            .tag_by_hand = stage->tag_by_hand,
            .move_by_hand = stage->move_by_hand,
        };
        draw_signs(d, &stages[i]);
    }
    *out = (struct guide_form){
        .csrf = d->csrf,
        .board = workflow->board,
        .board_name = workflow->board_name,
        .create = workflow->create,
        .one_step = workflow->one_step,
        .companies = workflow->companies,
        .stages = stages,
        .n_stages = workflow->n_stages,
        .full = workflow->n_stages >= WORKFLOW_STAGES,
        .name_wrong =
            whole && workflow->board == 0 && str_is_empty(str_trim(workflow->board_name))
                ? d->why
                : (struct str){.p = NULL},
    };
}
