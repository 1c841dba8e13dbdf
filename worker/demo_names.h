/*
 * demo_names.h - invented companies and the people who work there. Domains end in .example,
 * which nobody can own.
 */
#ifndef LEADBOARD_DEMO_NAMES_H
#define LEADBOARD_DEMO_NAMES_H

#include "shared/arena.h"
#include "worker/demo_random.h"

enum demo_heat { DEMO_COLD, DEMO_WARM, DEMO_HOT };

struct demo_company {
    struct str name, domain;
    struct str industry, description;
    struct str country, city, phone;
    int32_t employees, founded;
    enum demo_heat heat;
};
struct demo_person {
    struct str first, last, email, job;
    const struct demo_company *company;
};

/* n companies, no two with the same name, in the order of their domains. */
struct demo_company *demo_companies(struct arena *arena, struct demo_random *random, size_t n);
/* Somebody of the company; people of one company may share a name, not an address. */
void demo_person(struct arena *arena, struct demo_random *random,
                 const struct demo_company *company, size_t number,
                 struct demo_person *out_person);

#endif
