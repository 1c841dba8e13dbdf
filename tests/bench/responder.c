/*
 * responder SOCKET CHILDREN DATABASE-URL SESSION-HASH BOARD BYTES: what web.board is compared
 * with. As little as answers a board page at all: plain libfcgi in as many processes as
 * leadboard-web has, the statements of the page, pipelined as there, and as many bytes of
 * constant text. No routes, no forms, no forgery tokens, no templates, no logs.
 */
#include "gen/sql.h"
#include "shared/crypt.h"

#include <fcgiapp.h>
#include <signal.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct page {
    struct str database, token_hash;
    int64_t board, bytes;
    char *text;
};

static enum err run_statements(struct db *db, const struct page *page)
{
    struct sql_session_find who;
    TRY(sql_session_find(db, &(struct sql_session_find_in){.token_hash = page->token_hash},
                         &who));
    int64_t dataset = who.dataset_id, board = page->board;
    struct sql_board_get found;
    struct sql_board_names_rows names;
    struct sql_stage_list_rows stages;
    struct sql_board_cards_rows cards;
    struct sql_member_list_rows members;
    struct sql_tag_list_rows tags;
    struct sql_board_views_rows views;
    TRY(db_begin(db, &(struct db_scope){.workspace = who.workspace_id,
                                        .dataset = dataset,
                                        .read_only = true}));
    TRY(sql_board_get_send(db, &(struct sql_board_get_in){
                                   .dataset = dataset, .board = board, .user = who.user_id}));
    TRY(sql_board_names_send(
        db, &(struct sql_board_names_in){.dataset = dataset, .user = who.user_id}));
    TRY(sql_stage_list_send(db,
                            &(struct sql_stage_list_in){.dataset = dataset, .board = board}));
    TRY(sql_board_cards_send(db, &(struct sql_board_cards_in){
                                     .dataset = dataset, .board = board, .user = who.user_id}));
    TRY(sql_member_list_send(db, &(struct sql_member_list_in){.workspace = who.workspace_id,
                                                              .dataset = dataset,
                                                              .board = board}));
    TRY(sql_tag_list_send(db, &(struct sql_tag_list_in){.dataset = dataset}));
    TRY(sql_board_views_send(db, &(struct sql_board_views_in){
                                     .dataset = dataset, .board = board, .user = who.user_id}));
    TRY(sql_board_get_take(db, &found));
    TRY(sql_board_names_take(db, &names));
    TRY(sql_stage_list_take(db, &stages));
    TRY(sql_board_cards_take(db, &cards));
    TRY(sql_member_list_take(db, &members));
    TRY(sql_tag_list_take(db, &tags));
    TRY(sql_board_views_take(db, &views));
    return db_commit(db);
}

static _Noreturn void serve(const struct page *page, int listener)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    struct ctx ctx = {.arena = arena_new((size_t)16 << 20)};
    struct db *db = db_new(page->database, "leadboard_web");
    FCGX_Request request;
    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, listener, 0) != 0) {
        _exit(1);
    }
    while (FCGX_Accept_r(&request) == 0) {
        ctx_reset(&ctx, STR("bench"));
        db_use(db, &ctx);
        bool good = run_statements(db, page) == ERR_NONE;
        (void)FCGX_FPrintF(request.out, "Status: %d\r\nContent-Type: text/html\r\n\r\n",
                           good ? 200 : 500);
        (void)FCGX_PutStr(page->text, (int)page->bytes, request.out);
        FCGX_Finish_r(&request);
        FCGX_Free(&request, 1);
    }
    _exit(1);
}

static int listen_at(const char *path)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    if (snprintf(place.sun_path, sizeof(place.sun_path), "%s", path) >=
        (int)sizeof(place.sun_path)) {
        return -1;
    }
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = listener >= 0 &&
                 bind(listener, (struct sockaddr *)&place, sizeof(place)) == 0 &&
                 chmod(path, 0777) == 0 && listen(listener, 1024) == 0;
    return bound ? listener : -1;
}

int main(int argc, char **argv)
{
    struct page page;
    uint8_t hash[CRYPT_HASH_BYTES];
    size_t hashed;
    int64_t children;
    if (argc != 7 || !str_to_i64(str_from(argv[2]), &children) ||
        sodium_hex2bin(hash, sizeof(hash), argv[4], strlen(argv[4]), NULL, &hashed, NULL) !=
            0 ||
        hashed != sizeof(hash) || !str_to_i64(str_from(argv[5]), &page.board) ||
        !str_to_i64(str_from(argv[6]), &page.bytes) || page.bytes < 0 ||
        page.bytes > INT32_MAX) {
        (void)fprintf(stderr,
                      "usage: responder SOCKET CHILDREN DATABASE-URL SESSION-HASH BOARD "
                      "BYTES\n");
        return 2;
    }
    page.database = str_from(argv[3]);
    page.token_hash = (struct str){.p = (const char *)hash, .n = sizeof(hash)};
    page.text = malloc((size_t)page.bytes + 1);
    int listener = listen_at(argv[1]);
    if (listener < 0 || page.text == NULL) {
        perror("responder");
        return 1;
    }
    memset(page.text, 'x', (size_t)page.bytes);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (int64_t i = 0; i < children; i++) {
        if (fork() == 0) {
            serve(&page, listener);
        }
    }
    while (wait(NULL) > 0) {
    }
    return 1;
}
