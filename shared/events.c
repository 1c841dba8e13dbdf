#include "shared/events.h"

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
