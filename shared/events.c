#include "shared/events.h"

#include "shared/crypt.h"

static const char *const names[EVENT__COUNT] = {
    [EVENT_PAGEVIEW] = "pageview",
    [EVENT_EXIT] = "exit",
    [EVENT_EMAIL_OPEN] = "email_open",
    [EVENT_EMAIL_CLICK] = "email_click",
    [EVENT_FORM] = "form",
    [EVENT_LOGIN] = "login",
    [EVENT_CUSTOM] = "custom",
    [EVENT_SYSTEM] = "system",
};

const char *event_type_name(int type)
{
    if (type < EVENT_PAGEVIEW || type >= EVENT__COUNT) {
        return "event";
    }
    return names[type];
}

bool event_type_from(struct str name, enum event_type *out_type)
{
    if (str_eq(name, STR("identify"))) {
        *out_type = EVENT_LOGIN;
        return true;
    }
    for (int type = EVENT_PAGEVIEW; type < EVENT_SYSTEM; type++) {
        if (str_eq(name, str_from(names[type]))) {
            *out_type = (enum event_type)type;
            return true;
        }
    }
    return false;
}

void event_visitor(int64_t dataset, struct str id, uint8_t out_visitor[EVENT_VISITOR_BYTES])
{
    char bytes[8]; /* little endian on every machine */
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)((uint64_t)dataset >> (8 * i));
    }
    crypt_hash16((const struct str[]){{bytes, sizeof(bytes)}, id}, 2, out_visitor);
}

int64_t event_agent(struct str user_agent)
{
    uint8_t digest[CRYPT_HASH16_BYTES];
    int64_t hash = 0;
    crypt_hash16(&user_agent, 1, digest);
    memcpy(&hash, digest, sizeof(hash));
    return hash;
}
