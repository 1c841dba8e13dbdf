#include "worker/icon_parts.h"

/* ---- what readers share ---- */

struct str icon_take(struct icon_file *file, size_t n)
{
    if (n > file->in.n - file->at) {
        file->broken = true;
        file->at = file->in.n;
        return (struct str){.p = NULL};
    }
    struct str bytes = str_slice(file->in, file->at, file->at + n);
    file->at += n;
    return bytes;
}

uint32_t icon_little(struct str bytes)
{
    uint32_t value = 0;
    for (size_t i = bytes.n; i > 0; i--) {
        value = value << 8 | (unsigned char)bytes.p[i - 1];
    }
    return value;
}

uint32_t icon_big(struct str bytes)
{
    uint32_t value = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        value = value << 8 | (unsigned char)bytes.p[i];
    }
    return value;
}

void icon_put_little(struct sb *out, uint32_t value, size_t n)
{
    for (size_t i = 0; i < n; i++, value >>= 8) {
        sb_char(out, (char)(value & 0xff));
    }
}

bool icon_is_side(uint32_t pixels)
{
    return pixels >= 1 && pixels <= ICON_SIDE_MAX;
}

/* ---- GIF ---- */

/* Blocks of up to 255 bytes, until an empty one. */
static void gif_blocks(struct icon_file *file, bool keep)
{
    for (bool more = true; more && !file->broken;) {
        struct str size = icon_take(file, 1);
        uint32_t n = icon_little(size);
        struct str data = icon_take(file, n);
        more = n > 0;
        if (keep) {
            sb_str(&file->out, size);
            sb_str(&file->out, data);
        }
    }
}

static void gif_colours(struct icon_file *file, uint32_t flags)
{
    if ((flags & 0x80) != 0) {
        sb_str(&file->out, icon_take(file, (size_t)3 << ((flags & 7) + 1)));
    }
}

/* Of the extensions only how a picture is shown is kept, not comments, texts, applications. */
static void gif_extension(struct icon_file *file)
{
    if (icon_little(icon_take(file, 1)) != 0xf9) {
        gif_blocks(file, false);
        return;
    }
    struct str control = icon_take(file, 6);
    file->broken = file->broken || control.p[0] != 4 || control.p[5] != 0;
    SB_LIT(&file->out, "\x21\xf9");
    sb_str(&file->out, control);
}

static void gif_picture(struct icon_file *file)
{
    struct str head = icon_take(file, 9);
    if (file->broken || !icon_is_side(icon_little(str_slice(head, 4, 6))) ||
        !icon_is_side(icon_little(str_slice(head, 6, 8)))) {
        file->broken = true;
        return;
    }
    sb_char(&file->out, 0x2c);
    sb_str(&file->out, head);
    gif_colours(file, (unsigned char)head.p[8]);
    struct str code = icon_take(file, 1);
    file->broken = file->broken || icon_little(code) < 2 || icon_little(code) > 8;
    sb_str(&file->out, code);
    gif_blocks(file, true);
}

void icon_gif(struct icon_file *file)
{
    struct str head = icon_take(file, 13);
    bool pictures = false;
    if (file->broken || !icon_is_side(icon_little(str_slice(head, 6, 8))) ||
        !icon_is_side(icon_little(str_slice(head, 8, 10)))) {
        file->broken = true;
        return;
    }
    sb_str(&file->out, head);
    gif_colours(file, (unsigned char)head.p[10]);
    for (uint32_t kind = 0; kind != 0x3b && !file->broken;) {
        kind = icon_little(icon_take(file, 1));
        if (kind == 0x21) {
            gif_extension(file);
        } else if (kind == 0x2c) {
            pictures = true;
            gif_picture(file);
        } else {
            file->broken = file->broken || kind != 0x3b;
        }
    }
    file->broken = file->broken || !pictures;
    sb_char(&file->out, 0x3b);
}

/* ---- all kinds ---- */

bool icon_read(struct arena *arena, struct str bytes, struct icon *out)
{
    static const struct {
        struct str magic;
        const char *type;
        void (*read)(struct icon_file *file);
    } kinds[] = {
        {STR_INIT("\x89PNG\r\n\x1a\n"), "image/png", icon_png},
        {STR_INIT("\xff\xd8\xff"), "image/jpeg", icon_jpeg},
        {STR_INIT("GIF87a"), "image/gif", icon_gif},
        {STR_INIT("GIF89a"), "image/gif", icon_gif},
        {STR_INIT("RIFF"), "image/webp", icon_webp},
        {STR_INIT("\0\0\1\0"), "image/x-icon", icon_ico},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && bytes.n <= ICON_BYTES_MAX; i++) {
        struct icon_file file = {.in = bytes};
        if (!str_starts(bytes, kinds[i].magic)) {
            continue;
        }
        struct str made;
        sb_init(&file.out, arena, ICON_BYTES_MAX);
        kinds[i].read(&file);
        if (file.broken || sb_done(&file.out, &made) != ERR_NONE) {
            return false;
        }
        *out = (struct icon){.type = kinds[i].type, .bytes = made};
        return true;
    }
    return false;
}
