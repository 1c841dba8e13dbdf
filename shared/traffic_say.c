#include "shared/traffic_say.h"

#include "gen/sql.h"
#include "shared/crypt.h"
#include "shared/queue.h"

static enum err put(struct db *db, const struct traffic_say *say)
{
    struct sql_traffic_put_in in = {.dataset = say->dataset,
                                    .network = say->subject.network,
                                    .network_null = say->subject.network == 0,
                                    .place = say->subject.place,
                                    .place_null = say->subject.place == 0,
                                    .visitor = say->subject.visitor,
                                    .at = say->subject.at,
                                    .at_null = str_is_null(say->subject.visitor),
                                    .verdict = (int16_t)say->verdict,
                                    .label = str_cut(say->label, 200),
                                    .user = say->user};
    struct sql_traffic_count count;
    TRY(sql_traffic_count(db, &(struct sql_traffic_count_in){.dataset = say->dataset}, &count));
    if (count.n >= TRAFFIC_SAID_MAX) {
        return ctx_fail(db_ctx(db), ERR_INVALID,
                        "Your team has said so much about single sessions that no more can be "
                        "kept. Say it of a place or a network instead.");
    }
    return sql_traffic_put(db, &in, NULL);
}

static enum err take_back(struct db *db, const struct traffic_say *say)
{
    struct sql_traffic_remove_in in = {.dataset = say->dataset,
                                       .network = say->subject.network,
                                       .network_null = say->subject.network == 0,
                                       .place = say->subject.place,
                                       .place_null = say->subject.place == 0,
                                       .visitor = say->subject.visitor,
                                       .at = say->subject.at,
                                       .at_null = str_is_null(say->subject.visitor)};
    return sql_traffic_remove(db, &in, NULL);
}

/* Ids travel as text: JSON's numbers are too small for them. */
static struct str payload_of(struct arena *arena, const struct traffic_say *say,
                             int64_t progress)
{
    const struct traffic_subject *subject = &say->subject;
    if (!str_is_null(subject->visitor)) {
        return arena_print(arena, "{\"progress\":\"%lld\",\"visitor\":\"%.*s\"}",
                           (long long)progress, STR_ARG(crypt_hex(arena, subject->visitor)));
    }
    return arena_print(arena, "{\"progress\":\"%lld\",\"%s\":\"%lld\"}", (long long)progress,
                       subject->network != 0 ? "network" : "place",
                       (long long)(subject->network != 0 ? subject->network : subject->place));
}

enum err traffic_say(struct db *db, const struct traffic_say *say, int64_t *out_progress)
{
    TRY(say->verdict == TRAFFIC_UNKNOWN ? take_back(db, say) : put(db, say));
    TRY(progress_create(db, say->dataset, JOB_AGAIN, 0, say->user, out_progress));
    const struct queue_job job = {.dataset = say->dataset,
                                  .payload = payload_of(db_ctx(db)->arena, say, *out_progress)};
    return queue_add(db, JOB_AGAIN, &job, &(struct queue_opts){.prio = QUEUE_SOON}, NULL);
}
