#include "fcgi/collector_dataset.h"
#include "gen/sql.h"
#include "shared/clock.h"
#include "shared/crypt.h"

#define FRESH CLOCK_SECOND
#define KNOWN_SLOTS 128
#define UNKNOWN_SLOTS 1024
#define ID_MAX 64
#define KEY_MAX 200
#define SLOT_CAP ((size_t)1 << 20)

/* One id has one place; whoever comes later with the same place takes it. */
struct known {
    struct arena *arena; /* made at first use */
    struct str id;
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

static bool is_id(struct str id)
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

static uint64_t place_of(const struct collector_datasets *datasets, struct str id)
{
    uint8_t digest[CRYPT_HASH16_BYTES];
    uint64_t place = 0;
    crypt_hash16((const struct str[]){{datasets->key, sizeof(datasets->key)}, id}, 2, digest);
    memcpy(&place, digest, sizeof(place));
    return place;
}

static const struct str *copy_texts(struct arena *arena, const struct str *texts, size_t n)
{
    struct str *copy = ARENA_ARRAY(arena, n, struct str);
    for (size_t i = 0; i < n; i++) {
        copy[i] = arena_dup(arena, texts[i]);
    }
    return copy;
}

static void remember(struct known *slot, struct str id, const struct sql_collect_dataset *row,
                     int64_t until)
{
    if (slot->arena == NULL) {
        slot->arena = arena_new(SLOT_CAP);
    }
    arena_reset(slot->arena);
    slot->id = arena_dup(slot->arena, id);
    slot->until = until;
    slot->dataset = (struct collector_dataset){
        .id = row->id,
        .hosts = copy_texts(slot->arena, row->hosts.v, row->hosts.n),
        .n_hosts = row->hosts.n,
        .keys = copy_texts(slot->arena, row->key_hashes.v, row->key_hashes.n),
        .n_keys = row->key_hashes.n,
        .mask_ip = row->mask_ip,
        .honour_privacy_signals = row->honour_privacy_signals,
        .cookieless = row->cookieless,
        .name_lookup = row->name_lookup,
    };
}

/* The slot is for the next to take. */
static void hand_out(struct arena *arena, const struct known *slot,
                     struct collector_dataset *out_dataset)
{
    *out_dataset = slot->dataset;
    out_dataset->hosts = copy_texts(arena, slot->dataset.hosts, slot->dataset.n_hosts);
    out_dataset->keys = copy_texts(arena, slot->dataset.keys, slot->dataset.n_keys);
}

enum err collector_datasets_get(struct collector_datasets *datasets, struct arena *arena,
                                struct str id, int64_t monotonic_now,
                                struct collector_dataset *out_dataset)
{
    if (!is_id(id)) {
        return ERR_NOT_FOUND;
    }
    uint64_t hash = place_of(datasets, id);
    struct known *known = &datasets->known[hash % KNOWN_SLOTS];
    struct unknown *unknown = &datasets->unknown[hash % UNKNOWN_SLOTS];
    if (known->until > monotonic_now && str_eq(known->id, id)) {
        hand_out(arena, known, out_dataset);
        return ERR_NONE;
    }
    if (unknown->until > monotonic_now && unknown->hash == hash) {
        return ERR_NOT_FOUND;
    }
    struct sql_collect_dataset row;
    struct sql_collect_dataset_in in = {.id = id};
    in.number_null = !str_to_i64(id, &in.number);
    enum err err = sql_collect_dataset(datasets->db, &in, &row);
    if (err == ERR_NOT_FOUND) {
        *unknown = (struct unknown){.hash = hash, .until = monotonic_now + FRESH};
    }
    if (err != ERR_NONE) {
        return err;
    }
    remember(known, id, &row, monotonic_now + FRESH);
    hand_out(arena, known, out_dataset);
    return ERR_NONE;
}

struct str collector_dataset_of_key(struct str key)
{
    return str_slice(key, 0, str_find(key, '.'));
}

bool collector_dataset_has_key(struct arena *arena, const struct collector_dataset *dataset,
                               struct str key)
{
    uint8_t digest[CRYPT_HASH_BYTES];
    if (key.n == 0 || key.n > KEY_MAX || dataset->n_keys == 0) {
        return false;
    }
    crypt_sha256(key, digest);
    struct str hash = crypt_hex(arena, (struct str){(const char *)digest, sizeof(digest)});
    for (size_t i = 0; i < dataset->n_keys; i++) {
        if (str_eq_secret(dataset->keys[i], hash)) {
            return true;
        }
    }
    return false;
}
