#include "fcgi/hashing.h"

#include "shared/crypt.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#define WAIT_MS 3000
#define STEP_MS 15

int hashing_open(void)
{
    return memfd_create("leadboard-hashing", MFD_CLOEXEC);
}

static bool lock(int fd, int slot, short type)
{
    struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = slot, .l_len = 1};
    return fcntl(fd, F_SETLK, &range) == 0;
}

static enum err take(struct ctx *ctx, int fd, int *out_slot)
{
    for (int waited = 0; waited <= WAIT_MS; waited += STEP_MS) {
        for (int slot = 0; slot < HASHING_SLOTS; slot++) {
            if (lock(fd, slot, F_WRLCK)) {
                *out_slot = slot;
                return ERR_NONE;
            }
        }
        (void)poll(NULL, 0, STEP_MS);
    }
    return ctx_fail(ctx, ERR_UNAVAILABLE,
                    "Many people are signing in right now. Please try again in a moment.");
}

enum err hashing_make(struct ctx *ctx, int fd, struct str password, struct str *out_hash)
{
    int slot;
    TRY(take(ctx, fd, &slot));
    enum err err = crypt_password_hash(ctx, password, out_hash);
    (void)lock(fd, slot, F_UNLCK);
    return err;
}

enum err hashing_check(struct ctx *ctx, int fd, struct str hash, struct str password,
                       bool *out_right)
{
    int slot;
    TRY(take(ctx, fd, &slot));
    *out_right = crypt_password_verify(ctx->arena, hash, password);
    (void)lock(fd, slot, F_UNLCK);
    return ERR_NONE;
}
