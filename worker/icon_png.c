/* PNG: the chunks that make the picture, with their checksums. */
#include "worker/icon_parts.h"

static uint32_t checksum(struct str bytes)
{
    uint32_t sum = 0xffffffff;
    for (size_t i = 0; i < bytes.n; i++) {
        sum ^= (unsigned char)bytes.p[i];
        for (int bit = 0; bit < 8; bit++) {
            sum = sum >> 1 ^ ((sum & 1) != 0 ? 0xedb88320 : 0);
        }
    }
    return ~sum;
}

static bool is_header(struct str data)
{
    if (data.n != 13) {
        return false;
    }
    uint32_t depth = (unsigned char)data.p[8], colour = (unsigned char)data.p[9];
    bool whole = depth == 8 || depth == 16;
    bool small = depth == 1 || depth == 2 || depth == 4;
    bool possible = (colour == 0 && (whole || small)) ||
                    (colour == 3 && (small || depth == 8)) ||
                    ((colour == 2 || colour == 4 || colour == 6) && whole);
    return possible && icon_is_side(icon_big(str_slice(data, 0, 4))) &&
           icon_is_side(icon_big(str_slice(data, 4, 8))) && data.p[10] == 0 &&
           data.p[11] == 0 && (unsigned char)data.p[12] <= 1;
}

/* What has been seen of the chunks, which have an order. */
struct seen {
    bool header, colours, data, data_over, end;
};

/* Whether it is part of the picture; *out_right says whether it may stand here. */
static bool is_needed(struct str name, struct str data, struct seen *seen, bool *out_right)
{
    if (str_eq(name, STR("IHDR"))) {
        *out_right = !seen->header && is_header(data);
        seen->header = true;
        return true;
    }
    *out_right = seen->header;
    if (str_eq(name, STR("IDAT"))) {
        *out_right = *out_right && !seen->data_over;
        seen->data = true;
        return true;
    }
    seen->data_over = seen->data;
    if (str_eq(name, STR("PLTE"))) {
        *out_right = *out_right && !seen->colours && !seen->data && data.n % 3 == 0 &&
                     data.n > 0 && data.n <= 768;
        seen->colours = true;
        return true;
    }
    if (str_eq(name, STR("tRNS"))) {
        *out_right = *out_right && !seen->data && data.n <= 256;
        return true;
    }
    if (str_eq(name, STR("IEND"))) {
        *out_right = *out_right && seen->data && data.n == 0;
        seen->end = true;
        return true;
    }
    /* A small first letter: the picture can be drawn without it. */
    *out_right = *out_right && name.p[0] >= 'a' && name.p[0] <= 'z';
    return false;
}

void icon_png(struct icon_file *file)
{
    struct seen seen = {.header = false};
    sb_str(&file->out, icon_take(file, 8));
    while (!seen.end && !file->broken) {
        struct str length = icon_take(file, 4);
        size_t start = file->at;
        struct str name = icon_take(file, 4);
        struct str data = icon_take(file, icon_big(length));
        struct str named = str_slice(file->in, start, file->at);
        struct str sum = icon_take(file, 4);
        bool right = false;
        if (file->broken || checksum(named) != icon_big(sum)) {
            file->broken = true;
            return;
        }
        if (is_needed(name, data, &seen, &right)) {
            sb_str(&file->out, length);
            sb_str(&file->out, named);
            sb_str(&file->out, sum);
        }
        file->broken = !right;
    }
}
