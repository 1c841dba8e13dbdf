#include "shared/live.h"

#include <sodium.h>

void live_channel(const unsigned char key[32], int64_t dataset, int64_t board,
                  char out_channel[LIVE_CHANNEL_SIZE])
{
    const struct {
        char use[8];
        int64_t dataset, board;
    } text = {.use = "live", .dataset = dataset, .board = board};
    unsigned char hash[32];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)&text, sizeof text, key, 32);
    sodium_bin2base64(out_channel, LIVE_CHANNEL_SIZE, hash, sizeof hash,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
