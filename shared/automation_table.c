#include "shared/automation_parts.h"
#include "shared/integration.h"

/* ---- triggers ---- */

static const struct {
    const char *name, *label;
    enum filter_kind ids;
} whens[WHEN__END] = {
    [WHEN_MATCH] = {"match", "something happens, or somebody begins to match",
                    FILTER_KIND__COUNT},
    [WHEN_STAGE] = {"stage", "a card enters a stage", FILTER_STAGE},
    [WHEN_BOARD] = {"board", "a card comes onto a board", FILTER_BOARD},
    [WHEN_OWNER] = {"owner", "a card is given to somebody", FILTER_USER},
    [WHEN_TAG] = {"tag", "a tag is put on", FILTER_TAG},
    [WHEN_SCORE] = {"score", "the leadscore rises above a number", FILTER_KIND__COUNT},
    [WHEN_SEGMENT] = {"segment", "somebody enters a segment", FILTER_SEGMENT},
};

const char *automation_when_name(enum automation_when when)
{
    return when < WHEN__END && whens[when].name != NULL ? whens[when].name : "";
}

const char *automation_when_label(enum automation_when when)
{
    return when < WHEN__END && whens[when].name != NULL ? whens[when].label : "";
}

bool automation_when_from(struct str name, enum automation_when *out_when)
{
    for (int i = WHEN_MATCH; i < WHEN__END; i++) {
        if (str_eq(name, str_from(whens[i].name))) {
            *out_when = (enum automation_when)i;
            return true;
        }
    }
    return false;
}

enum filter_kind automation_when_ids(enum automation_when when)
{
    return when < WHEN__END ? whens[when].ids : FILTER_KIND__COUNT;
}

const char *automation_source_words(enum automation_source source)
{
    switch (source) {
    case SOURCE_EVENT:
        return "It looks at each event as it comes, within a second or two.";
    case SOURCE_TAG:
        return "It runs when the tag is put on, by whomever.";
    case SOURCE_CARD:
        return "It runs when it happens to a card, whoever did it.";
    case SOURCE_MEMBER:
    default:
        return "It runs when somebody begins to match, whatever the reason; that is noticed "
               "within a minute.";
    }
}

/* ---- actions ---- */

#define WAYS(first, last) .hows = first, .hows_end = (enum automation_how)((last) + 1)

static const struct {
    const char *name, *label;
    unsigned needs;
    int integration;
    enum automation_how hows, hows_end;
} dos[DO__END] = {
    [DO_ADD_TAG] = {"add_tag", "Put a tag on", NEEDS_TAG},
    [DO_REMOVE_TAG] = {"remove_tag", "Take a tag off", NEEDS_TAG},
    [DO_SET_PROPERTY] = {"set_property", "Set a property", NEEDS_PROPERTY},
    [DO_CARD] = {"card", "Create or move a card", NEEDS_BOARD, WAYS(CARD_PUT, CARD_MOVE)},
    [DO_OWNER] = {"owner", "Give the card to somebody", 0, WAYS(OWNER_FIXED, OWNER_SENDER)},
    [DO_REMOVE_CARD] = {"remove_card", "Remove the card", NEEDS_BOARD},
    [DO_WEBHOOK] = {"webhook", "Call a webhook", NEEDS_INTEGRATION, INTEGRATION_WEBHOOK},
    [DO_SLACK] = {"slack", "Write to Slack", NEEDS_INTEGRATION | NEEDS_TEXT, INTEGRATION_SLACK},
    [DO_MAIL] = {"mail", "Send a mail", NEEDS_SUBJECT | NEEDS_TEXT,
                 WAYS(MAIL_OWNER, MAIL_ADDRESSES)},
    [DO_PUSH] = {"push", "Push to a CRM", NEEDS_INTEGRATION},
};

static bool is_action(enum automation_do what)
{
    return what >= DO_ADD_TAG && what < DO__END;
}

const char *automation_do_name(enum automation_do what)
{
    return is_action(what) ? dos[what].name : "";
}

const char *automation_do_label(enum automation_do what)
{
    return is_action(what) ? dos[what].label : "";
}

bool automation_do_from(struct str name, enum automation_do *out_do)
{
    for (int i = DO_ADD_TAG; i < DO__END; i++) {
        if (str_eq(name, str_from(dos[i].name))) {
            *out_do = (enum automation_do)i;
            return true;
        }
    }
    return false;
}

unsigned automation_needs(enum automation_do what)
{
    return is_action(what) ? dos[what].needs : 0;
}

int automation_integration_kind(enum automation_do what)
{
    return is_action(what) ? dos[what].integration : 0;
}

/* ---- ways ---- */

static const struct {
    const char *name, *label;
} hows[HOW__END] = {
    [HOW_NONE] = {"", ""},
    [CARD_PUT] = {"put", "create it where there is none, else move it"},
    [CARD_CREATE] = {"create", "only create it where there is none"},
    [CARD_MOVE] = {"move", "only move it where there is one"},
    [OWNER_FIXED] = {"fixed", "always this person"},
    [OWNER_TURNS] = {"turns", "these people in turn"},
    [OWNER_SENDER] = {"sender", "whoever sent the mail (fromEmail)"},
    [MAIL_OWNER] = {"owner", "to the owner of the card"},
    [MAIL_ADDRESSES] = {"addresses", "to these addresses"},
};

const char *automation_how_name(enum automation_how how)
{
    return how < HOW__END ? hows[how].name : "";
}

const char *automation_how_label(enum automation_how how)
{
    return how < HOW__END ? hows[how].label : "";
}

enum automation_how automation_hows(enum automation_do what, enum automation_how *out_end)
{
    *out_end = is_action(what) ? dos[what].hows_end : HOW_NONE;
    return is_action(what) ? dos[what].hows : HOW_NONE;
}

bool automation_how_from(enum automation_do what, struct str name, enum automation_how *out)
{
    enum automation_how end;
    for (int i = (int)automation_hows(what, &end); i < (int)end; i++) {
        if (str_eq(name, str_from(hows[i].name))) {
            *out = (enum automation_how)i;
            return true;
        }
    }
    return false;
}

/* ---- what can be filled in ---- */

const struct automation_value *automation_values(size_t *out_n)
{
    static const struct automation_value list[] = {
        {"utm_source", "utm_source of the visit"},
        {"utm_medium", "utm_medium of the visit"},
        {"utm_campaign", "utm_campaign of the visit"},
        {"utm_term", "utm_term of the visit"},
        {"utm_content", "utm_content of the visit"},
        {"channel", "channel of the visit"},
        {"referrer", "where the visit came from"},
        {"landing", "landing page of the visit"},
        {"exit", "last page of the visit"},
    };
    *out_n = sizeof(list) / sizeof(list[0]);
    return list;
}

const struct automation_value *automation_placeholders(size_t *out_n)
{
    static const struct automation_value list[] = {
        {"company", "name of the company, or of the person without one"},
        {"domain", "its domain"},
        {"person", "name or address of the person"},
        {"board", "board of the card"},
        {"stage", "stage of the card"},
        {"owner", "owner of the card"},
        {"score", "leadscore"},
        {"why", "what happened"},
        {"link", "address of the card in LeadBoard"},
    };
    *out_n = sizeof(list) / sizeof(list[0]);
    return list;
}
