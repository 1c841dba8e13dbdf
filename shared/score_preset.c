#include "shared/score_preset.h"

#define HAS(field, points)                                                                     \
    "{\"key\":\"" field "\",\"kind\":\"has\",\"field\":\"" field "\",\"points\":" points "}"
#define PER(field, each, points, most)                                                         \
    "{\"key\":\"" field "\",\"kind\":\"per\",\"field\":\"" field "\",\"each\":" each           \
    ",\"points\":" points ",\"most\":" most "}"
#define PAGES(key, pages, points, most)                                                        \
    "{\"key\":\"" key "\",\"kind\":\"pages\",\"pages\":\"" pages "\",\"points\":" points       \
    ",\"most\":" most "}"
#define RECENCY(decay, days, points)                                                           \
    "{\"key\":\"recency\",\"kind\":\"recency\",\"decay\":\"" decay "\",\"days\":" days         \
    ",\"points\":" points "}"

#define MATCH(key, field, op, values, lower, points)                                           \
    "{\"key\":\"" key "\",\"kind\":\"match\",\"field\":\"" field "\",\"op\":\"" op             \
    "\",\"values\":[" values "],\"lower\":[" lower "],\"points\":" points "}"

/* clang-format off */
static const struct score_preset presets[] = {
    {"balanced", "Balanced", "Who they are and what they did.",
     "[" HAS("email", "15") "," HAS("company", "10") "," HAS("phone", "5")
     "," PER("sessions", "1", "1", "15") "," PER("pageviews", "2", "1", "20")
     "," PER("forms", "1", "5", "20") "," RECENCY("linear", "30", "15") "]"},
    {"intent", "Buying intent",
     "What people look at before they buy, and how lately. Adapt the pages to your site.",
     "[" PAGES("pricing", "*pricing*", "10", "20") "," PAGES("demo", "*demo*", "10", "20")
     "," PAGES("contact", "*contact*", "5", "10") "," PER("forms", "1", "10", "20")
     "," PER("sessions", "1", "2", "10") "," RECENCY("half", "7", "20") "]"},
    {"fit", "Fit first", "Whether it is somebody worth calling. What they did counts little.",
     "[{\"key\":\"size\",\"kind\":\"range\",\"field\":\"employees\",\"from\":50,\"points\":20}"
     "," HAS("company", "15") "," HAS("industry", "10") "," HAS("country", "5")
     "," HAS("email", "10") "," HAS("phone", "5")
     "," MATCH("decides", "job_title", "contains",
               "\"Head\",\"Director\",\"Chief\",\"VP\",\"Owner\",\"Founder\",\"Manager\"",
               "\"head\",\"director\",\"chief\",\"vp\",\"owner\",\"founder\",\"manager\"", "15")
     "," PER("sessions", "1", "1", "5") "," RECENCY("linear", "60", "15") "]"},
    {"email", "Email marketing", "Readers of your mails who come back, and came back lately.",
     "[" HAS("email", "20")
     "," MATCH("channel", "channel", "is", "\"Email\"", "\"email\"", "15") "," HAS("campaign", "5")
     "," PER("sessions", "1", "3", "21") "," PER("forms", "1", "7", "14")
     "," RECENCY("half", "14", "25") "]"},
};
/* clang-format on */

const struct score_preset *score_preset(size_t i)
{
    return i < sizeof(presets) / sizeof(presets[0]) ? &presets[i] : NULL;
}

const struct score_preset *score_preset_find(struct str name)
{
    for (size_t i = 0; score_preset(i) != NULL; i++) {
        if (str_eq(name, str_from(presets[i].name))) {
            return &presets[i];
        }
    }
    return NULL;
}
