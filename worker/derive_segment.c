#include "shared/segment.h"
#include "worker/derive_parts.h"

/* What an event changes of whoever it is of ... */
#define ACTED                                                                                  \
    ((unsigned)FILTER_ON_COUNTS | (unsigned)FILTER_ON_EVENTS | (unsigned)FILTER_ON_LEAD |      \
     (unsigned)FILTER_ON_SCORE)
/* ... and of a company that has one person more. */
#define GREW (ACTED | (unsigned)FILTER_ON_SIZE)

/* A lead or an account of which something changed. */
struct touched {
    int64_t dataset, id;
    unsigned on;
    bool lead;
};

static int compare(const void *a, const void *b)
{
    const struct touched *x = a, *y = b;
    int order = (x->dataset > y->dataset) - (x->dataset < y->dataset);
    order = order ? order : (x->on > y->on) - (x->on < y->on);
    return order ? order : (int)x->lead - (int)y->lead;
}

/* Tags and all came along or went elsewhere. */
static bool has_moved(const struct derive_lead *lead)
{
    return lead->is_new || lead->into != NULL || lead->merged ||
           lead->account_before != lead->account;
}

static size_t add_lead(const struct derive_lead *lead, struct touched *out)
{
    size_t n = 0;
    bool moved = has_moved(lead);
    if (!lead->touched && lead->into == NULL) {
        return 0;
    }
    out[n++] = (struct touched){lead->dataset, lead->id, moved ? FILTER_ON_ALL : ACTED, true};
    if (lead->shown_id != 0) {
        out[n++] = (struct touched){lead->dataset, lead->shown_id, ACTED, true};
    }
    if (moved && lead->account_before != NULL) {
        out[n++] =
            (struct touched){lead->dataset, lead->account_before->id, FILTER_ON_ALL, false};
    }
    if (moved && !lead->is_new && lead->account != NULL) {
        out[n++] = (struct touched){lead->dataset, lead->account->id, FILTER_ON_ALL, false};
    }
    return n;
}

static struct touched of_account(const struct derive_account *account)
{
    bool told = account->is_new || account->name_at != INT64_MIN;
    bool grew = account->leads != 0 || account->contacts != 0;
    return (struct touched){account->dataset, account->id,
                            told   ? FILTER_ON_ALL
                            : grew ? GREW
                                   : ACTED,
                            false};
}

static size_t collect(struct derive *d, struct touched **out)
{
    size_t n = d->n_accounts;
    for (const struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        n += 4;
    }
    *out = ARENA_ARRAY(d->arena, n, struct touched);
    n = 0;
    for (const struct derive_lead *lead = d->leads; lead != NULL; lead = lead->next) {
        n += add_lead(lead, *out + n);
    }
    for (size_t i = 0; i < d->n_accounts; i++) {
        (*out)[n++] = of_account(&d->accounts[i]);
    }
    return n;
}

/* Accounts come before leads. */
static enum err send(struct derive *d, const struct touched *touched, size_t n)
{
    size_t n_accounts = 0;
    int64_t *ids = ARENA_ARRAY(d->arena, n, int64_t);
    for (size_t i = 0; i < n; i++) {
        ids[i] = touched[i].id;
        n_accounts += touched[i].lead ? 0 : 1;
    }
    const struct segment_touch touch = {.dataset = touched[0].dataset,
                                        .on = touched[0].on,
                                        .accounts = {ids, n_accounts},
                                        .leads = {ids + n_accounts, n - n_accounts}};
    return segment_touch(d->db, &touch);
}

enum err derive_touch(struct derive *d)
{
    struct touched *touched;
    size_t n = collect(d, &touched), from = 0;
    if (n > 0) {
        qsort(touched, n, sizeof(*touched), compare);
    }
    for (size_t i = 1; i <= n; i++) {
        if (i == n || touched[i].dataset != touched[from].dataset ||
            touched[i].on != touched[from].on) {
            TRY(send(d, &touched[from], i - from));
            from = i;
        }
    }
    return ERR_NONE;
}
