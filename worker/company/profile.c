#include "worker/company/profile.h"

#include "shared/facts.h"
#include "shared/url.h"
#include "worker/company/jsonld.h"
#include "worker/company/microdata.h"

#define PAGE_ARENA ((size_t)160 << 20) /* most that the worst of pages takes; markup.h */

void profile_init(struct profile *profile, struct str domain)
{
    *profile = (struct profile){.domain = domain};
}

/* ---- a page ---- */

static void keep(struct arena *arena, struct str *place)
{
    *place = arena_dup(arena, *place);
}

static void keep_list(struct arena *arena, struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        keep(arena, &list[i]);
    }
}

/* What was read lives in the page's arena; what is kept, in the profile's. */
static void keep_all(struct arena *arena, struct profile *p)
{
    struct organization *o = &p->organization;
    struct str *texts[] = {&p->head.name,
                           &p->head.title,
                           &p->head.description,
                           &p->head.icon,
                           &p->head.refresh,
                           &p->site_name,
                           &o->name,
                           &o->legal_name,
                           &o->description,
                           &o->phone,
                           &o->logo,
                           &o->founded,
                           &o->industry,
                           &o->address,
                           &o->city,
                           &o->region,
                           &o->country,
                           &p->contacts.phone,
                           &p->contacts.address,
                           &p->contacts.linkedin};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        keep(arena, texts[i]);
    }
    keep_list(arena, o->emails, o->n_emails);
    keep_list(arena, o->same_as, o->n_same_as);
    keep_list(arena, p->contacts.emails, p->contacts.n_emails);
    keep_list(arena, p->contacts.links, p->contacts.n_links);
    keep_list(arena, p->links.urls, p->links.n);
}

static void read_page(struct ctx *ctx, struct profile *profile, const struct profile_page *page)
{
    struct markup markup;
    markup_read(ctx, page->html, page->content_type, page->url, &markup);
    if (page->home) {
        head_read(ctx, &markup, profile->domain, &profile->head);
        page_links_read(ctx, &markup, &profile->links);
    }
    jsonld_read(ctx, &markup, profile->domain, &profile->organization, &profile->site_name);
    microdata_read(ctx, &markup, profile->domain, &profile->organization, &profile->site_name);
    contacts_read(ctx, &markup, profile->domain, !page->home, &profile->contacts);
    technologies_read(&markup, page->headers, &profile->technologies);
}

void profile_add(struct ctx *ctx, struct profile *profile, const struct profile_page *page)
{
    struct ctx own = {.arena = arena_new(PAGE_ARENA), .id = ctx->id};
    struct str website = page->home ? page->url : profile->website;
    read_page(&own, profile, page);
    profile->website = arena_dup(ctx->arena, website);
    keep_all(ctx->arena, profile);
    arena_free(own.arena);
}

/* ---- facts ---- */

static void add(struct ctx *ctx, struct profile_facts *facts, const char *name, struct str text)
{
    const struct fact_field *field = facts_field(str_from(name));
    struct str value;
    if (str_is_empty(text) || field == NULL) {
        return;
    }
    if (facts_read(ctx, field, text, &value) == ERR_NONE) {
        facts->fields[facts->n] = field->name;
        facts->values[facts->n++] = value;
    }
    ctx_clear(ctx);
}

static struct str first_of(struct str a, struct str b)
{
    return str_is_empty(a) ? b : a;
}

static struct str lines(struct ctx *ctx, const struct str *list, size_t n)
{
    struct sb sb;
    sb_init(&sb, ctx->arena, FACT_VALUE_MAX);
    for (size_t i = 0; i < n; i++) {
        sb_printf(&sb, "%s%.*s", i == 0 ? "" : "\n", STR_ARG(list[i]));
    }
    return sb_view(&sb);
}

static void add_name(struct ctx *ctx, const struct profile *p, struct profile_facts *facts)
{
    struct str name = p->organization.name;
    if (str_is_empty(name) && p->head.name_is_stated) {
        name = p->head.name;
    }
    name = first_of(first_of(name, p->site_name), p->organization.legal_name);
    facts->name_is_guessed = str_is_empty(name);
    add(ctx, facts, "name", str_cut(first_of(name, p->head.name), HEAD_NAME_MAX));
}

/* "2003-05-01" is 2003. */
static struct str year_of(struct str date)
{
    return str_slice(date, 0, 4);
}

/* Profiles that schema.org names join those that the page links to. */
static void add_links(struct ctx *ctx, const struct profile *p, struct profile_facts *facts)
{
    struct contacts all = {.linkedin = {0}};
    for (size_t i = 0; i < p->organization.n_same_as; i++) {
        contacts_add_link(ctx, p->organization.same_as[i], &all);
    }
    for (size_t i = 0; i < p->contacts.n_links; i++) {
        contacts_add_link(ctx, p->contacts.links[i], &all);
    }
    add(ctx, facts, "linkedin", first_of(all.linkedin, p->contacts.linkedin));
    add(ctx, facts, "social", lines(ctx, all.links, all.n_links));
}

static void add_emails(struct ctx *ctx, const struct profile *p, struct profile_facts *facts)
{
    struct contacts all = {.n_emails = 0};
    for (size_t i = 0; i < p->organization.n_emails; i++) {
        contacts_add_email(ctx, p->organization.emails[i], p->domain, &all);
    }
    for (size_t i = 0; i < p->contacts.n_emails; i++) {
        contacts_add_email(ctx, p->contacts.emails[i], p->domain, &all);
    }
    add(ctx, facts, "emails", lines(ctx, all.emails, all.n_emails));
}

static void add_number(struct ctx *ctx, struct profile_facts *facts, const char *name,
                       int64_t number)
{
    if (number > 0) {
        add(ctx, facts, name, arena_print(ctx->arena, "%lld", (long long)number));
    }
}

void profile_facts(struct ctx *ctx, const struct profile *p, struct profile_facts *out)
{
    const struct organization *o = &p->organization;
    *out = (struct profile_facts){.n = 0};
    add_name(ctx, p, out);
    add(ctx, out, "description", first_of(p->head.description, o->description));
    add(ctx, out, "industry", o->industry);
    add_number(ctx, out, "employees", o->employees);
    add(ctx, out, "founded", year_of(o->founded));
    add(ctx, out, "legal_type", organization_legal_type(first_of(o->legal_name, o->name)));
    add(ctx, out, "website", p->website);
    add(ctx, out, "phone", first_of(o->phone, p->contacts.phone));
    add_emails(ctx, p, out);
    add(ctx, out, "address", first_of(o->address, p->contacts.address));
    add(ctx, out, "city", o->city);
    add(ctx, out, "region", o->region);
    add(ctx, out, "country", o->country);
    add_links(ctx, p, out);
    add(ctx, out, "technologies", lines(ctx, p->technologies.names, p->technologies.n));
}

size_t profile_icons(struct ctx *ctx, const struct profile *p, struct str *out, size_t n)
{
    const struct str links[] = {p->head.icon, p->organization.logo, STR("/favicon.ico")};
    size_t count = 0;
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]) && count < n; i++) {
        bool good =
            !str_is_empty(links[i]) && url_join(ctx->arena, p->website, links[i], &out[count]);
        count += good ? 1 : 0;
    }
    return count;
}
