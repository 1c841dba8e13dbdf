#include "worker/demo_names.h"

#include "shared/sb.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *const roots[] = {
    "Alder",   "Arden",   "Aspen",    "Bellamy", "Berg",     "Birken", "Borne",     "Bram",
    "Brent",   "Brisk",   "Calder",   "Carlow",  "Cedar",    "Corvin", "Dahl",      "Darrow",
    "Delta",   "Dorn",    "Drake",    "Eiken",   "Elbe",     "Ember",  "Falken",    "Farrow",
    "Fenwick", "Ferro",   "Fjord",    "Forge",   "Garnet",   "Glen",   "Granit",    "Hale",
    "Halden",  "Harbour", "Hartwell", "Heron",   "Hollis",   "Ibex",   "Ilmen",     "Jarrow",
    "Juniper", "Kestrel", "Kiefer",   "Kolm",    "Lambert",  "Larch",  "Linden",    "Lomas",
    "Marl",    "Merrow",  "Mistral",  "Morgen",  "Nether",   "Nordal", "Northgate", "Oakley",
    "Ostra",   "Pallas",  "Penrose",  "Quarry",  "Quill",    "Ravel",  "Redfern",   "Rhone",
    "Rook",    "Sable",   "Selby",    "Severn",  "Silver",   "Sorrel", "Stanmore",  "Sterk",
    "Sund",    "Tamar",   "Tarn",     "Thorne",  "Tidal",    "Ulmen",  "Vale",      "Vantor",
    "Verne",   "Vester",  "Wald",     "Wexley",  "Whitlock", "Winter", "Yarrow",    "Zephyr",
};

static const struct {
    const char *industry, *what;
    const char *kinds[4];
} industries[] = {
    {"Machinery",
     "builds machines for",
     {"Maschinenbau", "Engineering", "Hydraulics", "Drives"}},
    {"Food & Beverages", "makes and fills", {"Foods", "Dairy", "Bakeries", "Brewing"}},
    {"Packaging", "prints and folds", {"Packaging", "Carton", "Print", "Films"}},
    {"Chemicals", "mixes coatings for", {"Chemie", "Coatings", "Polymers", "Resins"}},
    {"Automotive", "supplies parts to", {"Automotive", "Castings", "Seating", "Axles"}},
    {"Metals", "rolls and cuts steel for", {"Steel", "Metals", "Wire", "Foundry"}},
    {"Pharmaceuticals", "fills and packs for", {"Pharma", "Labs", "Biotech", "Care"}},
    {"Energy", "runs plants for", {"Energy", "Power", "Turbines", "Solar"}},
    {"Logistics",
     "moves and stores for",
     {"Logistics", "Freight", "Cold Storage", "Terminals"}},
    {"Paper & Wood", "turns timber into boards for", {"Paper", "Timber", "Boards", "Pulp"}},
    {"Textiles", "weaves and dyes for", {"Textiles", "Fabrics", "Weaving", "Carpets"}},
    {"Electronics", "assembles boards for", {"Electronics", "Sensors", "Controls", "Optics"}},
};

static const struct {
    const char *country, *code;
    const char *cities[4];
} places[] = {
    {"Germany", "+49 555 01", {"Hamburg", "Stuttgart", "Leipzig", "Bielefeld"}},
    {"Netherlands", "+31 555 01", {"Rotterdam", "Eindhoven", "Utrecht", "Groningen"}},
    {"United Kingdom", "+44 555 01", {"Leeds", "Bristol", "Sheffield", "Glasgow"}},
    {"France", "+33 555 01", {"Lyon", "Nantes", "Lille", "Toulouse"}},
    {"United States", "+1 555 01", {"Cleveland", "Milwaukee", "Charlotte", "Portland"}},
    {"Sweden", "+46 555 01", {"Gothenburg", "Linkoping", "Malmo", "Gavle"}},
    {"Austria", "+43 555 01", {"Linz", "Graz", "Wels", "Steyr"}},
    {"Switzerland", "+41 555 01", {"Winterthur", "Basel", "Zug", "Biel"}},
    {"Belgium", "+32 555 01", {"Ghent", "Antwerp", "Kortrijk", "Genk"}},
    {"Denmark", "+45 555 01", {"Aarhus", "Odense", "Aalborg", "Vejle"}},
    {"Italy", "+39 555 01", {"Turin", "Brescia", "Bologna", "Padua"}},
    {"Poland", "+48 555 01", {"Poznan", "Wroclaw", "Katowice", "Gdynia"}},
};
static const uint8_t place_weights[COUNT(places)] = {26, 16, 14, 9, 9, 5, 5, 5, 4, 3, 3, 2};

static const char *const first_names[] = {
    "Anna",   "Ben",     "Clara", "David",  "Elena", "Felix",  "Greta",  "Hugo",   "Ines",
    "Jonas",  "Karin",   "Lars",  "Maria",  "Nils",  "Olivia", "Paul",   "Rosa",   "Sven",
    "Tessa",  "Uwe",     "Vera",  "Willem", "Yara",  "Adam",   "Britta", "Carlo",  "Daan",
    "Emma",   "Fabio",   "Gemma", "Henrik", "Ivana", "Joost",  "Klara",  "Leon",   "Marta",
    "Niels",  "Oscar",   "Petra", "Robin",  "Sofia", "Tomas",  "Ulrike", "Victor", "Zoe",
    "Amelie", "Bastian", "Chris", "Diana",  "Erik",  "Fiona",  "Gustav", "Hanna",  "Jan",
};
static const char *const last_names[] = {
    "Albers",  "Baker",    "Conti",    "Dekker",    "Ekman",    "Fischer", "Gruber",  "Hansen",
    "Iversen", "Jansen",   "Keller",   "Lambert",   "Marchand", "Nowak",   "Olsen",   "Peters",
    "Quint",   "Rossi",    "Schmid",   "Thomsen",   "Urban",    "Visser",  "Weber",   "Young",
    "Zimmer",  "Andersen", "Brandt",   "Carter",    "Dumont",   "Engel",   "Ferrari", "Girard",
    "Hofmann", "Ivers",    "Kowalski", "Lindqvist", "Meyer",    "Novak",   "Palmer",  "Richter",
    "Sanders", "Turner",   "Vogel",    "Wagner",    "Bakker",   "Costa",   "Duval",   "Frost",
};
static const char *const jobs[] = {
    "Head of Maintenance",  "Plant Manager",      "Operations Director", "Maintenance Planner",
    "Reliability Engineer", "Production Manager", "Technical Buyer",     "Managing Director",
    "IT Manager",           "Shift Leader",
};

/* "Brent Carton" -> "brentcarton". */
static struct str slug(struct arena *arena, struct str name)
{
    char *text = arena_alloc(arena, name.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        if (c >= 'a' && c <= 'z') {
            text[n++] = c;
        }
    }
    return (struct str){.p = text, .n = n};
}

static int32_t employees_of(struct demo_random *random)
{
    static const int32_t from[] = {11, 51, 201, 501, 1001, 5001};
    static const int32_t to[] = {50, 200, 500, 1000, 5000, 20000};
    static const uint8_t weights[] = {18, 32, 24, 13, 10, 3};
    size_t size = demo_random_weighted(random, weights, COUNT(weights));
    return demo_random_between(random, from[size], to[size]);
}

static void make_company(struct arena *arena, struct demo_random *random, size_t combination,
                         struct demo_company *out)
{
    static const uint8_t heat_weights[] = {50, 34, 16};
    size_t n_roots = COUNT(roots);
    const char *root = roots[combination % n_roots];
    size_t kind = combination / n_roots % 4;
    size_t field = combination / n_roots / 4 % COUNT(industries);
    size_t place = demo_random_weighted(random, place_weights, COUNT(places));
    out->name = arena_print(arena, "%s %s", root, industries[field].kinds[kind]);
    out->domain = arena_print(arena, "%.*s.example", STR_ARG(slug(arena, out->name)));
    out->industry = str_from(industries[field].industry);
    out->country = str_from(places[place].country);
    out->city = str_from(places[place].cities[demo_random_below(random, 4)]);
    out->phone = arena_print(arena, "%s%02u %03u", places[place].code,
                             demo_random_below(random, 100), demo_random_below(random, 1000));
    out->employees = employees_of(random);
    out->founded = demo_random_between(random, 1891, 2019);
    out->heat = (enum demo_heat)demo_random_weighted(random, heat_weights, 3);
    out->description = arena_print(
        arena, "%.*s %s customers across Europe. Founded in %d in %.*s.", STR_ARG(out->name),
        industries[field].what, (int)out->founded, STR_ARG(out->city));
}

static int by_domain(const void *a, const void *b)
{
    const struct demo_company *left = a;
    const struct demo_company *right = b;
    return str_cmp(left->domain, right->domain);
}

/* Any bijection that mixes will do: steps of a size that has no factor in common with n. */
struct demo_company *demo_companies(struct arena *arena, struct demo_random *random, size_t n)
{
    size_t combinations = COUNT(roots) * 4 * COUNT(industries);
    struct demo_company *companies = ARENA_ARRAY(arena, n, struct demo_company);
    for (size_t i = 0; i < n; i++) {
        make_company(arena, random, i * 1237 % combinations, &companies[i]);
        if (i >= combinations) {
            companies[i].name = arena_print(arena, "%.*s %zu", STR_ARG(companies[i].name),
                                            i / combinations + 1);
            companies[i].domain =
                arena_print(arena, "%.*s%zu.example", STR_ARG(slug(arena, companies[i].name)),
                            i / combinations + 1);
        }
    }
    qsort(companies, n, sizeof(*companies), by_domain);
    return companies;
}

void demo_person(struct arena *arena, struct demo_random *random,
                 const struct demo_company *company, size_t number,
                 struct demo_person *out_person)
{
    struct str first = str_from(first_names[demo_random_below(random, COUNT(first_names))]);
    struct str last = str_from(last_names[demo_random_below(random, COUNT(last_names))]);
    struct str first_slug = slug(arena, first);
    struct str last_slug = slug(arena, last);
    struct str digits = number < 4 ? STR("") : arena_print(arena, "%zu", number);
    out_person->first = first;
    out_person->last = last;
    out_person->job = str_from(jobs[demo_random_below(random, COUNT(jobs))]);
    out_person->company = company;
    out_person->email =
        arena_print(arena, "%.*s.%.*s%.*s@%.*s", STR_ARG(first_slug), STR_ARG(last_slug),
                    STR_ARG(digits), STR_ARG(company->domain));
}
