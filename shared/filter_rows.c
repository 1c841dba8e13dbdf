#include "shared/clock.h"
#include "shared/filter_compile.h"

/* ---- relations: rows of other tables that are of the subject ---- */

#define OF_LEAD " join lead x on x.dataset_id = $1 and not x.hidden and x.id = "
#define SESSIONS                                                                               \
    "session s join event e on e.dataset_id = $1 and e.visitor = s.visitor"                    \
    " and e.at >= s.started_at and e.at <= s.ended_at"
#define TAG " join tag t on t.dataset_id = $1 and t.id = g.tag_id"
#define BOARD                                                                                  \
    " join board b on b.dataset_id = $1 and b.id = c.board_id and b.deleted_at is null"
#define MOVES                                                                                  \
    "card c join card_ledger g on g.dataset_id = $1 and g.board_id = c.board_id"               \
    " and g.card_id = c.id and g.kind in (1, 2, 10)"                                           \
    " and g.to_stage is distinct from g.from_stage" BOARD
#define REACHED " join conversion_target t on t.dataset_id = $1 and t.pattern_id = h.pattern_id"
#define HITS "lead_hit h" REACHED
#define SESSION_HITS                                                                           \
    "session_hit h join session s on s.dataset_id = $1 and s.visitor = h.visitor"              \
    " and s.started_at = h.started_at" REACHED
#define MEMBERS "segment_member m join segment d on d.dataset_id = $1 and d.id = m.segment_id"

static const struct filter_relation of_accounts[FILTER_ROWS__COUNT] = {
    [OF_LEADS] = {"lead l", "l.dataset_id = $1 and not l.hidden", "l.account_id", "a.id"},
    [OF_EVENTS] = {SESSIONS OF_LEAD "s.lead_id", "s.dataset_id = $1", "x.account_id", "a.id"},
    [OF_ACCOUNT_TAGS] = {"account_tag g" TAG, "g.dataset_id = $1", "g.account_id", "a.id"},
    [OF_LEAD_TAGS] = {"lead_tag g" TAG OF_LEAD "g.lead_id", "g.dataset_id = $1", "x.account_id",
                      "a.id"},
    [OF_CARDS] = {"card c" BOARD, "c.dataset_id = $1", "c.account_id", "a.id"},
    [OF_MOVES] = {MOVES, "c.dataset_id = $1", "c.account_id", "a.id"},
    [OF_ACCOUNT_SEGMENTS] = {MEMBERS, "m.dataset_id = $1 and d.subject = 1", "m.member_id",
                             "a.id"},
    [OF_LEAD_SEGMENTS] = {MEMBERS OF_LEAD "m.member_id", "m.dataset_id = $1 and d.subject = 2",
                          "x.account_id", "a.id"},
    [OF_TARGETS] = {HITS OF_LEAD "h.lead_id", "h.dataset_id = $1", "x.account_id", "a.id"},
    [OF_TARGET_SESSIONS] = {SESSION_HITS OF_LEAD "s.lead_id", "h.dataset_id = $1",
                            "x.account_id", "a.id"},
};
static const struct filter_relation of_leads[FILTER_ROWS__COUNT] = {
    [OF_EVENTS] = {SESSIONS, "s.dataset_id = $1", "s.lead_id", "l.id"},
    [OF_ACCOUNT_TAGS] = {"account_tag g" TAG, "g.dataset_id = $1", "g.account_id",
                         "l.account_id"},
    [OF_LEAD_TAGS] = {"lead_tag g" TAG, "g.dataset_id = $1", "g.lead_id", "l.id"},
    [OF_CARDS] = {"card c" BOARD, "c.dataset_id = $1", "c.account_id", "l.account_id"},
    [OF_LEAD_CARDS] = {"card c" BOARD, "c.dataset_id = $1", "c.lead_id", "l.id"},
    [OF_MOVES] = {MOVES, "c.dataset_id = $1", "c.account_id", "l.account_id"},
    [OF_LEAD_MOVES] = {MOVES, "c.dataset_id = $1", "c.lead_id", "l.id"},
    [OF_ACCOUNT_SEGMENTS] = {MEMBERS, "m.dataset_id = $1 and d.subject = 1", "m.member_id",
                             "l.account_id"},
    [OF_LEAD_SEGMENTS] = {MEMBERS, "m.dataset_id = $1 and d.subject = 2", "m.member_id",
                          "l.id"},
    [OF_TARGETS] = {HITS, "h.dataset_id = $1", "h.lead_id", "l.id"},
    [OF_TARGET_SESSIONS] = {SESSION_HITS, "h.dataset_id = $1", "s.lead_id", "l.id"},
};

const struct filter_relation *filter_relation(const struct filter_compiler *c,
                                              enum filter_rows of)
{
    return c->subject == FILTER_LEADS ? &of_leads[of] : &of_accounts[of];
}

size_t filter_relations(const struct filter_compiler *c, enum filter_side side,
                        enum filter_rows out_of[2])
{
    static const enum filter_rows two[][2] = {
        [SIDE_LEAD] = {OF_LEADS, OF_LEADS},
        [SIDE_EVENT] = {OF_EVENTS, OF_EVENTS},
        [SIDE_TAG] = {OF_ACCOUNT_TAGS, OF_LEAD_TAGS},
        [SIDE_ACCOUNT_TAG] = {OF_ACCOUNT_TAGS, OF_ACCOUNT_TAGS},
        [SIDE_LEAD_TAG] = {OF_LEAD_TAGS, OF_LEAD_TAGS},
        [SIDE_CARD] = {OF_CARDS, OF_LEAD_CARDS},
        [SIDE_MOVE] = {OF_MOVES, OF_LEAD_MOVES},
        [SIDE_MEMBER] = {OF_ACCOUNT_SEGMENTS, OF_LEAD_SEGMENTS},
        [SIDE_TARGET] = {OF_TARGETS, OF_TARGETS},
        [SIDE_NAME] = {OF_LEADS, OF_LEADS},
    };
    size_t n = 1;
    out_of[0] = two[side][0];
    if (two[side][1] != out_of[0] && filter_relation(c, two[side][1])->on != NULL) {
        out_of[n++] = two[side][1];
    }
    return n;
}

static void put_days_ago(struct filter_compiler *c, struct sb *sb, const char *test,
                         const struct filter_node *node)
{
    sb_printf(sb, " and %s $%zu", test,
              filter_param(c, DB_VALUE_TIME(c->now - node->days * CLOCK_DAY)));
}

/* ---- tests of rows ---- */

static void put_event(struct filter_compiler *c, struct sb *sb, const struct filter_node *node,
                      bool in_group)
{
    const struct filter_source *source = filter_source_at(node->field);
    bool negated = in_group && filter_is_negated(node->op);
    const char *comma = "e.type in (";
    for (unsigned type = 1; type < 32; type++) {
        if ((source->types >> type & 1U) != 0) {
            sb_printf(sb, "%s%u", comma, type);
            comma = ",";
        }
    }
    sb_str(sb, source->types != 0 ? STR(") and ") : STR(""));
    sb_str(sb, negated ? STR("(") : STR(""));
    filter_put_column(c, sb, node);
    sb_str(sb, negated ? STR(") is not true") : STR(""));
}

static void put_events(struct filter_compiler *c, struct sb *sb, const struct filter_node *node)
{
    for (size_t i = 0; node->is_group && i < node->n_nodes; i++) {
        sb_str(sb, i == 0 ? STR("") : STR(" and "));
        put_event(c, sb, &node->nodes[i], true);
    }
    if (!node->is_group) {
        put_event(c, sb, node, false);
    }
    if (node->days != 0) {
        put_days_ago(c, sb, "e.at >=", node);
    }
}

/* What people are called. */
void filter_put_person(struct filter_compiler *c, struct sb *sb, const struct filter_node *node)
{
    static const char *const columns[] = {"l.email_lower",
                                          "lower(concat_ws(' ', l.first_name, l.last_name))",
                                          "lower(l.company)"};
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        const struct filter_column column = {.folded = columns[i], .fold = "lower(v)"};
        sb_str(sb, i == 0 ? STR("(") : STR(" or "));
        filter_put_one_of(c, sb, node, &column);
    }
    SB_LIT(sb, ")");
}

static void put_target(struct filter_compiler *c, struct sb *sb, const struct filter_node *node)
{
    if (filter_positive(node->op) == FILTER_KNOWN) {
        SB_LIT(sb, "true");
    } else {
        filter_put_column(c, sb, node);
    }
    if (node->days != 0) {
        put_days_ago(c, sb, "h.last_at >=", node);
    }
}

static void put_card(struct filter_compiler *c, struct sb *sb, const struct filter_node *node)
{
    if (filter_positive(node->op) == FILTER_KNOWN) {
        SB_LIT(sb, "true");
    } else {
        filter_put_column(c, sb, node);
    }
    if (node->days != 0) {
        bool moved = filter_source_at(node->field)->side == SIDE_MOVE;
        put_days_ago(c, sb, moved ? "g.at >=" : "c.stage_at <", node);
    }
}

static void put_row(struct filter_compiler *c, struct sb *sb, const struct filter_node *node)
{
    const struct filter_column tag = {.folded = "t.name_lower", .fold = "lower(v)"};
    if (node->is_group) {
        put_events(c, sb, node);
        return;
    }
    switch (filter_source_at(node->field)->side) {
    case SIDE_EVENT:
        put_events(c, sb, node);
        break;
    case SIDE_TAG:
    case SIDE_ACCOUNT_TAG:
    case SIDE_LEAD_TAG:
        filter_put_one_of(c, sb, node, &tag);
        break;
    case SIDE_CARD:
    case SIDE_MOVE:
        put_card(c, sb, node);
        break;
    case SIDE_TARGET:
        put_target(c, sb, node);
        break;
    case SIDE_NAME:
        filter_put_person(c, sb, node);
        break;
    case SIDE_OWN:
    case SIDE_ACCOUNT:
    case SIDE_LEAD:
    case SIDE_MEMBER:
        filter_put_column(c, sb, node);
        break;
    }
}

/* One by one: rows of this subject. All: the subjects that have such rows, joined. The join of
 * a filter is a left one, because "or" and "not" may stand above it; where "and" does, the
 * planner makes an inner one of it. */
void filter_put_related(struct filter_compiler *c, const struct filter_node *node,
                        enum filter_rows of)
{
    bool hits = of == OF_TARGETS;
    int times = node->times > 1 ? node->times : 1;
    struct sb *sb = c->by_key ? &c->where : &c->joins;
    const struct filter_relation *r =
        filter_relation(c, hits && times > 1 && node->days != 0 ? OF_TARGET_SESSIONS : of);
    if (c->by_key) {
        sb_printf(sb,
                  times == 1 ? "exists (select from %s where %s and %s = %s and "
                  : hits     ? "(select sum(h.n) from %s where %s and %s = %s and "
                         : "(select count(*) from (select from %s where %s and %s = %s and ",
                  r->from, r->where, r->key, r->on);
    } else {
        sb_printf(sb, " left join (select %s as id from %s where %s and %s is not null and ",
                  r->key, r->from, r->where, r->key);
    }
    put_row(c, sb, node);
    if (!c->by_key) {
        c->n_joins++;
        sb_printf(sb, " group by %s having %s >= %d) r%d on r%d.id = %s", r->key,
                  hits ? "sum(h.n)" : "count(*)", times, c->n_joins, c->n_joins, r->on);
        sb_printf(&c->where, "r%d.id is not null", c->n_joins);
    } else if (times > 1 && hits) {
        sb_printf(sb, ") >= %d", times);
    } else if (times > 1) {
        sb_printf(sb, " limit %d) n) >= %d", times, times);
    } else {
        SB_LIT(sb, ")");
    }
}
