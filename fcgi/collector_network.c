#include "fcgi/collector_network.h"
#include "fcgi/collector_text.h"
#include "shared/address.h"
#include "shared/traffic.h"

#include <arpa/inet.h>
#include <maxminddb.h>
#include <sys/mman.h>

#define OWNER_MAX 200
#define PLACE_NAME_MAX 100

struct database {
    MMDB_s mmdb;
    bool open;
};
struct collector_networks {
    struct database network, country, city;
};

/* ---- opening ---- */

static void close_database(void *argument)
{
    struct database *database = argument;
    MMDB_close(&database->mmdb);
}

static void open_database(struct ctx *ctx, const char *name, struct str path,
                          struct database *database)
{
    if (path.n == 0) {
        return;
    }
    int status = MMDB_open(arena_cstr(ctx->arena, path), MMDB_MODE_MMAP, &database->mmdb);
    database->open = status == MMDB_SUCCESS;
    if (database->open) {
        arena_defer(ctx->arena, close_database, database);
    } else {
        log_event(LOG_ERROR, ctx, "network.unreadable", LOG_TEXT("database", name),
                  LOG_STR("path", path), LOG_TEXT("why", MMDB_strerror(status)));
    }
}

static void let_go(struct database *database)
{
    if (database->open) {
        const uint8_t *content = database->mmdb.file_content;
        (void)madvise((uint8_t *)0 + (uintptr_t)content, (size_t)database->mmdb.file_size,
                      MADV_DONTNEED);
    }
}

void collector_networks_settle(struct collector_networks *networks)
{
    let_go(&networks->network);
    let_go(&networks->country);
    let_go(&networks->city);
}

struct collector_networks *collector_networks_open(struct ctx *ctx, const struct config *config)
{
    struct collector_networks *networks = ARENA_NEW(ctx->arena, struct collector_networks);
    open_database(ctx, "NETWORK_DB", config->network_db, &networks->network);
    open_database(ctx, "COUNTRY_DB", config->country_db, &networks->country);
    open_database(ctx, "CITY_DB", config->city_db, &networks->city);
    collector_networks_settle(networks);
    return networks;
}

/* ---- looking ---- */

static bool find(const struct database *database, const struct sockaddr *address,
                 MMDB_entry_s *out_entry)
{
    int error = 0;
    if (!database->open ||
        (address->sa_family == AF_INET6 && database->mmdb.metadata.ip_version == 4)) {
        return false;
    }
    MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&database->mmdb, address, &error);
    *out_entry = found.entry;
    return error == MMDB_SUCCESS && found.found_entry;
}

static struct str text_at(struct arena *arena, MMDB_entry_s *entry, const char *const *path,
                          size_t most)
{
    MMDB_entry_data_s data;
    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
        data.type != MMDB_DATA_TYPE_UTF8_STRING) {
        return (struct str){.p = NULL};
    }
    struct str text = {.p = data.utf8_string, .n = data.data_size};
    return str_is_utf8(text) ? collector_text(arena, text, most) : (struct str){.p = NULL};
}

static int64_t number_at(MMDB_entry_s *entry, const char *name)
{
    MMDB_entry_data_s data;
    const char *const path[] = {name, NULL};
    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data) {
        return 0;
    }
    if (data.type == MMDB_DATA_TYPE_UINT32) {
        return data.uint32;
    }
    return data.type == MMDB_DATA_TYPE_UINT64 && data.uint64 <= INT64_MAX ? (int64_t)data.uint64
                                                                          : 0;
}

/* "DE"; "no value" for what is no code. */
static struct str country_at(struct arena *arena, MMDB_entry_s *entry)
{
    static const char *const flat[] = {"country_code", NULL};
    static const char *const geoip[] = {"country", "iso_code", NULL};
    struct str code = text_at(arena, entry, flat, 2);
    code = code.n == 2 ? code : text_at(arena, entry, geoip, 2);
    bool fine = code.n == 2 && code.p[0] >= 'A' && code.p[0] <= 'Z' && code.p[1] >= 'A' &&
                code.p[1] <= 'Z';
    return fine ? code : (struct str){.p = NULL};
}

static void find_owner(const struct collector_networks *networks, struct arena *arena,
                       const struct sockaddr *address, struct collector_door_facts *door)
{
    static const char *const owner[] = {"autonomous_system_organization", NULL};
    MMDB_entry_s entry;
    if (!find(&networks->network, address, &entry)) {
        return;
    }
    door->network = number_at(&entry, "autonomous_system_number");
    door->addresses = number_at(&entry, "addresses");
    door->owner = text_at(arena, &entry, owner, OWNER_MAX);
}

static void find_place(const struct collector_networks *networks, struct arena *arena,
                       const struct sockaddr *address, struct collector_door_facts *door)
{
    static const char *const region[] = {"subdivisions", "0", "names", "en", NULL};
    static const char *const city[] = {"city", "names", "en", NULL};
    MMDB_entry_s entry;
    if (find(&networks->city, address, &entry)) {
        door->country = country_at(arena, &entry);
        door->region = text_at(arena, &entry, region, PLACE_NAME_MAX);
        door->city = text_at(arena, &entry, city, PLACE_NAME_MAX);
    }
    if (str_is_null(door->country) && find(&networks->country, address, &entry)) {
        door->country = country_at(arena, &entry);
    }
}

/* IPv4 also where it is written inside IPv6. */
static bool read_address(struct arena *arena, struct str text, struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)out;
    char *plain = arena_cstr(arena, text);
    *out = (struct sockaddr_storage){.ss_family = AF_INET};
    if (inet_pton(AF_INET, plain, &v4->sin_addr) == 1) {
        return true;
    }
    out->ss_family = AF_INET6;
    if (inet_pton(AF_INET6, plain, &v6->sin6_addr) != 1) {
        return false;
    }
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        struct in_addr inner;
        memcpy(&inner, &v6->sin6_addr.s6_addr[12], sizeof(inner));
        *out = (struct sockaddr_storage){.ss_family = AF_INET};
        v4->sin_addr = inner;
    }
    return true;
}

void collector_network_find(const struct collector_networks *networks, struct arena *arena,
                            const uint8_t *key, int64_t dataset, struct str address,
                            struct collector_door_facts *out_door)
{
    struct sockaddr_storage storage;
    const struct sockaddr *socket = (const struct sockaddr *)(const void *)&storage;
    *out_door = (struct collector_door_facts){.network = 0};
    if (!read_address(arena, address, &storage)) {
        return;
    }
    out_door->place = traffic_place(key, dataset, address);
    out_door->on_internet = address_is_public(socket, sizeof(storage));
    if (networks != NULL) {
        find_owner(networks, arena, socket, out_door);
        find_place(networks, arena, socket, out_door);
    }
}
