#include "fcgi/collector_dataset.h"
#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/crypt.h"

#define FRESH CLOCK_SECOND
#define KNOWN_SLOTS 128
#define UNKNOWN_SLOTS 1024
#define ID_MAX 64
#define SLOT_CAP ((size_t)1 << 20)

/* One id has one place; whoever comes later with the same place takes it. */
struct known {
    struct arena *arena; /* made at first use */
    struct str public_id;
    int64_t until;
    struct collector_dataset dataset;
};
struct unknown {
    uint64_t hash;
    int64_t until;
};

struct collector_datasets {
    struct arena *arena;
    struct db *db;
    struct known known[KNOWN_SLOTS];
    struct unknown unknown[UNKNOWN_SLOTS];
    char key[16]; /* so that nobody outside knows who shares a place with whom */
};

struct collector_datasets *collector_datasets_new(struct db *db)
{
    struct arena *arena = arena_new(sizeof(struct collector_datasets) + 1024);
    struct collector_datasets *datasets = ARENA_NEW(arena, struct collector_datasets);
    datasets->arena = arena;
    datasets->db = db;
    crypt_random(datasets->key, sizeof(datasets->key));
    return datasets;
}

void collector_datasets_free(struct collector_datasets *datasets)
{
    if (datasets == NULL) {
        return;
    }
    for (size_t i = 0; i < KNOWN_SLOTS; i++) {
        arena_free(datasets->known[i].arena);
    }
    arena_free(datasets->arena);
}

static bool is_public_id(struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                    (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
        if (!fine) {
            return false;
        }
    }
    return id.n > 0 && id.n <= ID_MAX;
}

static uint64_t place_of(const struct collector_datasets *datasets, struct str public_id)
{
    uint8_t digest[CRYPT_HASH16_BYTES];
    uint64_t place = 0;
    crypt_hash16((const struct str[]){{datasets->key, sizeof(datasets->key)}, public_id}, 2,
                 digest);
    memcpy(&place, digest, sizeof(place));
    return place;
}

static void remember(struct known *slot, struct str public_id,
                     const struct sql_collect_dataset *row, int64_t until)
{
    if (slot->arena == NULL) {
        slot->arena = arena_new(SLOT_CAP);
    }
    arena_reset(slot->arena);
    struct str *hosts = ARENA_ARRAY(slot->arena, row->hosts.n, struct str);
    for (size_t i = 0; i < row->hosts.n; i++) {
        hosts[i] = arena_dup(slot->arena, row->hosts.v[i]);
    }
    slot->public_id = arena_dup(slot->arena, public_id);
    slot->until = until;
    slot->dataset = (struct collector_dataset){
        .id = row->id,
        .hosts = hosts,
        .n_hosts = row->hosts.n,
        .mask_ip = row->mask_ip,
        .honour_privacy_signals = row->honour_privacy_signals,
        .cookieless = row->cookieless,
    };
}

enum err collector_datasets_get(struct collector_datasets *datasets, struct str public_id,
                                int64_t monotonic_now,
                                const struct collector_dataset **out_dataset)
{
    if (!is_public_id(public_id)) {
        return ERR_NOT_FOUND;
    }
    uint64_t hash = place_of(datasets, public_id);
    struct known *known = &datasets->known[hash % KNOWN_SLOTS];
    struct unknown *unknown = &datasets->unknown[hash % UNKNOWN_SLOTS];
    if (known->until > monotonic_now && str_eq(known->public_id, public_id)) {
        *out_dataset = &known->dataset;
        return ERR_NONE;
    }
    if (unknown->until > monotonic_now && unknown->hash == hash) {
        return ERR_NOT_FOUND;
    }
    struct sql_collect_dataset row;
    enum err err = sql_collect_dataset(
        datasets->db, &(struct sql_collect_dataset_in){.public_id = public_id}, &row);
    if (err == ERR_NOT_FOUND) {
        *unknown = (struct unknown){.hash = hash, .until = monotonic_now + FRESH};
    }
    if (err != ERR_NONE) {
        return err;
    }
    remember(known, public_id, &row, monotonic_now + FRESH);
    *out_dataset = &known->dataset;
    return ERR_NONE;
}
