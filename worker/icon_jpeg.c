/* JPEG: tables, frame and scans; and which colours Adobe's programs meant. */
#include "worker/icon_parts.h"

enum {
    SOF0 = 0xc0, /* baseline, extended, progressive */
    SOF2 = 0xc2,
    DHT = 0xc4,
    RST0 = 0xd0,
    RST7 = 0xd7,
    EOI = 0xd9,
    SOS = 0xda,
    DQT = 0xdb,
    DRI = 0xdd,
    APP0 = 0xe0,
    APP14 = 0xee,
    APP15 = 0xef,
    COM = 0xfe
};

/* Height, width, components. */
static bool is_frame(struct str data)
{
    return data.n >= 6 && data.p[0] == 8 && icon_is_side(icon_big(str_slice(data, 1, 3))) &&
           icon_is_side(icon_big(str_slice(data, 3, 5))) && data.p[5] >= 1 && data.p[5] <= 4 &&
           data.n == 6 + 3 * (size_t)data.p[5];
}

/* What a scan has behind its head, up to the next marker that is not part of it. */
static void copy_scan(struct icon_file *file)
{
    size_t start = file->at, i = start;
    for (; i + 1 < file->in.n; i++) {
        unsigned char next = (unsigned char)file->in.p[i + 1];
        if ((unsigned char)file->in.p[i] == 0xff && next != 0 &&
            !(next >= RST0 && next <= RST7)) {
            break;
        }
    }
    sb_str(&file->out, icon_take(file, i - start));
}

static bool is_kept(uint32_t marker, struct str data)
{
    return (marker >= SOF0 && marker <= SOF2) || marker == DHT || marker == SOS ||
           marker == DQT || marker == DRI ||
           (marker == APP14 && data.n == 12 && str_starts(data, STR("Adobe")));
}

static bool is_dropped(uint32_t marker)
{
    return (marker >= APP0 && marker <= APP15) || marker == COM;
}

static void segment(struct icon_file *file, uint32_t marker, bool *frame, bool *scan)
{
    struct str length = icon_take(file, 2);
    uint32_t n = icon_big(length);
    struct str data = icon_take(file, n >= 2 ? n - 2 : file->in.n + 1);
    bool kept = is_kept(marker, data);
    if (file->broken || (!kept && !is_dropped(marker))) {
        file->broken = true;
        return;
    }
    if (marker <= SOF2) {
        file->broken = *frame || !is_frame(data);
        *frame = true;
    }
    if (kept) {
        sb_char(&file->out, (char)0xff);
        sb_char(&file->out, (char)marker);
        sb_str(&file->out, length);
        sb_str(&file->out, data);
    }
    if (marker == SOS) {
        file->broken = file->broken || !*frame;
        *scan = true;
        copy_scan(file);
    }
}

void icon_jpeg(struct icon_file *file)
{
    bool frame = false, scan = false;
    sb_str(&file->out, icon_take(file, 2));
    while (!file->broken) {
        uint32_t begin = icon_little(icon_take(file, 1));
        uint32_t marker = icon_little(icon_take(file, 1));
        while (marker == 0xff && !file->broken) { /* padding */
            marker = icon_little(icon_take(file, 1));
        }
        if (begin != 0xff) {
            file->broken = true;
        } else if (marker == EOI) {
            file->broken = file->broken || !scan;
            SB_LIT(&file->out, "\xff\xd9");
            return;
        } else {
            segment(file, marker, &frame, &scan);
        }
    }
}
