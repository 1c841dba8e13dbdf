/* WebP: one still picture, and its transparency. */
#include "worker/icon_parts.h"

/* Width and height of the frame, which its first bytes say. */
static bool is_lossy(struct str data)
{
    return data.n >= 10 && (data.p[0] & 1) == 0 &&
           str_eq(str_slice(data, 3, 6), STR("\x9d\x01\x2a")) &&
           icon_is_side(icon_little(str_slice(data, 6, 8)) & 0x3fff) &&
           icon_is_side(icon_little(str_slice(data, 8, 10)) & 0x3fff);
}

static bool is_lossless(struct str data)
{
    if (data.n < 5 || data.p[0] != 0x2f) {
        return false;
    }
    uint32_t sizes = icon_little(str_slice(data, 1, 5));
    return icon_is_side((sizes & 0x3fff) + 1) && icon_is_side((sizes >> 14 & 0x3fff) + 1) &&
           sizes >> 29 == 0;
}

static bool is_canvas(struct str data)
{
    return data.n == 10 && icon_is_side(icon_little(str_slice(data, 4, 7)) + 1) &&
           icon_is_side(icon_little(str_slice(data, 7, 10)) + 1);
}

static void put_chunk(struct icon_file *file, struct str name, struct str data)
{
    sb_str(&file->out, name);
    icon_put_little(&file->out, (uint32_t)data.n, 4);
    sb_str(&file->out, data);
    if (data.n % 2 != 0) {
        sb_char(&file->out, '\0');
    }
}

/* Of what the canvas has only transparency is kept; profiles and notes go. */
static void put_canvas(struct icon_file *file, struct str data)
{
    SB_LIT(&file->out, "VP8X\x0a\0\0\0");
    sb_char(&file->out, (char)(data.p[0] & 0x10));
    SB_LIT(&file->out, "\0\0\0");
    sb_str(&file->out, str_slice(data, 4, 10));
}

static bool chunk(struct icon_file *file, struct str name, struct str data, bool first)
{
    if (str_eq(name, STR("VP8X"))) {
        if (!first || !is_canvas(data) || (data.p[0] & 0x02) != 0) {
            file->broken = true;
        } else {
            put_canvas(file, data);
        }
        return false;
    }
    bool lossy = str_eq(name, STR("VP8 ")), lossless = str_eq(name, STR("VP8L"));
    if (lossy || lossless) {
        file->broken = lossy ? !is_lossy(data) : !is_lossless(data);
        put_chunk(file, name, data);
        return true;
    }
    if (str_eq(name, STR("ALPH"))) {
        put_chunk(file, name, data);
    }
    return false;
}

void icon_webp(struct icon_file *file)
{
    struct str head = icon_take(file, 12);
    if (file->broken || !str_eq(str_slice(head, 8, 12), STR("WEBP"))) {
        file->broken = true;
        return;
    }
    struct sb whole = file->out;
    sb_init(&file->out, whole.arena, ICON_BYTES_MAX);
    bool drawn = false;
    for (bool first = true; !drawn && !file->broken; first = false) {
        struct str name = icon_take(file, 4);
        uint32_t n = icon_little(icon_take(file, 4));
        struct str data = icon_take(file, n);
        if (!file->broken) {
            drawn = chunk(file, name, data, first);
        }
        if (!drawn && n % 2 != 0) {
            (void)icon_take(file, 1);
        }
    }
    SB_LIT(&whole, "RIFF");
    icon_put_little(&whole, (uint32_t)(4 + file->out.n), 4);
    SB_LIT(&whole, "WEBP");
    sb_str(&whole, sb_view(&file->out));
    file->out = whole;
}
