/* ICO: a list of pictures, each a PNG or the rows of a bitmap. */
#include "worker/icon_parts.h"

#define PICTURES_MAX 20
#define SIDE_MAX 256
#define HEAD 40 /* of a bitmap */
#define ENTRY 16

/* Bytes of a bitmap with these sides: colours, rows, and the mask, in rows of whole words; 0:
 * there is no such bitmap. */
static size_t bitmap_bytes(uint32_t width, uint32_t height, uint32_t depth, bool mask)
{
    if (width < 1 || width > SIDE_MAX || height < 1 || height > SIDE_MAX) {
        return 0;
    }
    size_t row = ((size_t)width * depth + 31) / 32 * 4,
           mask_row = ((size_t)width + 31) / 32 * 4;
    size_t colours = depth <= 8 ? (size_t)4 << depth : 0;
    return HEAD + colours + height * (row + (mask ? mask_row : 0));
}

/* Its bytes, without what stands behind them; "no value" when it is none. */
static struct str read_bitmap(struct str bytes)
{
    const struct str none = {.p = NULL};
    if (bytes.n < HEAD || icon_little(str_slice(bytes, 0, 4)) != HEAD ||
        icon_little(str_slice(bytes, 12, 14)) != 1 ||
        icon_little(str_slice(bytes, 16, 20)) != 0) {
        return none;
    }
    uint32_t colours = icon_little(str_slice(bytes, 32, 36)); /* 0: as many as can be */
    uint32_t width = icon_little(str_slice(bytes, 4, 8));
    uint32_t both = icon_little(str_slice(bytes, 8, 12)); /* rows and rows of the mask */
    uint32_t depth = icon_little(str_slice(bytes, 14, 16));
    if (both % 2 != 0 || (colours != 0 && (depth > 8 || colours != UINT32_C(1) << depth)) ||
        (depth != 1 && depth != 4 && depth != 8 && depth != 24 && depth != 32)) {
        return none;
    }
    size_t whole = bitmap_bytes(width, both / 2, depth, true);
    size_t unmasked = bitmap_bytes(width, both / 2, depth, false);
    if (whole == 0) {
        return none;
    }
    if (bytes.n >= whole) {
        return str_slice(bytes, 0, whole);
    }
    return depth == 32 && bytes.n >= unmasked ? str_slice(bytes, 0, unmasked) : none;
}

static struct str read_png(struct arena *arena, struct str bytes)
{
    struct icon_file file = {.in = bytes};
    struct str made;
    sb_init(&file.out, arena, ICON_BYTES_MAX);
    icon_png(&file);
    return !file.broken && sb_done(&file.out, &made) == ERR_NONE ? made
                                                                 : (struct str){.p = NULL};
}

static struct str read_picture(struct icon_file *file, struct str entry)
{
    uint32_t size = icon_little(str_slice(entry, 8, 12));
    uint32_t offset = icon_little(str_slice(entry, 12, 16));
    if (offset > file->in.n || size > file->in.n - offset) {
        return (struct str){.p = NULL};
    }
    struct str bytes = str_slice(file->in, offset, offset + size);
    return str_starts(bytes, STR("\x89PNG\r\n\x1a\n")) ? read_png(file->out.arena, bytes)
                                                       : read_bitmap(bytes);
}

/* The list has its offsets anew; pictures that are none are left out. */
static void put_pictures(struct icon_file *file, struct str entries, const struct str *pictures,
                         size_t n, size_t n_good)
{
    size_t offset = 6 + n_good * ENTRY;
    SB_LIT(&file->out, "\0\0\1\0");
    icon_put_little(&file->out, (uint32_t)n_good, 2);
    for (size_t i = 0; i < n; i++) {
        if (!str_is_empty(pictures[i])) {
            sb_str(&file->out, str_slice(entries, i * ENTRY, i * ENTRY + 8));
            icon_put_little(&file->out, (uint32_t)pictures[i].n, 4);
            icon_put_little(&file->out, (uint32_t)offset, 4);
            offset += pictures[i].n;
        }
    }
    for (size_t i = 0; i < n; i++) {
        sb_str(&file->out, pictures[i]);
    }
}

void icon_ico(struct icon_file *file)
{
    struct str pictures[PICTURES_MAX];
    struct str head = icon_take(file, 6);
    size_t n = file->broken ? 0 : icon_little(str_slice(head, 4, 6)), n_good = 0;
    struct str entries = icon_take(file, n * ENTRY);
    if (file->broken || n > PICTURES_MAX) {
        file->broken = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        pictures[i] = read_picture(file, str_slice(entries, i * ENTRY, (i + 1) * ENTRY));
        n_good += str_is_empty(pictures[i]) ? 0 : 1;
    }
    file->broken = n_good == 0;
    put_pictures(file, entries, pictures, n, n_good);
}
