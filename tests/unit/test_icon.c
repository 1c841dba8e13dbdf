/* Icons: pictures stay pictures, and nothing else stays. */
#include "tests/unit/icons.h"
#include "worker/icon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SCRIPT STR("<script>alert(1)</script>")

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new((size_t)64 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct known {
    const char *name, *type;
    const unsigned char *bytes;
    size_t n;
} known[] = {
    {"png", "image/png", icon_png_bytes, sizeof(icon_png_bytes)},
    {"jpeg", "image/jpeg", icon_jpeg_bytes, sizeof(icon_jpeg_bytes)},
    {"progressive", "image/jpeg", icon_progressive_bytes, sizeof(icon_progressive_bytes)},
    {"gif", "image/gif", icon_gif_bytes, sizeof(icon_gif_bytes)},
    {"webp", "image/webp", icon_webp_bytes, sizeof(icon_webp_bytes)},
    {"lossless", "image/webp", icon_lossless_bytes, sizeof(icon_lossless_bytes)},
    {"ico", "image/x-icon", icon_ico_bytes, sizeof(icon_ico_bytes)},
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

static struct str file_of(const struct known *k)
{
    return (struct str){.p = (const char *)k->bytes, .n = k->n};
}

static bool is_refused(struct str bytes)
{
    struct icon icon;
    return !icon_read(arena, bytes, &icon);
}

static struct str join(struct str a, struct str b)
{
    struct sb sb;
    sb_init(&sb, arena, (size_t)1 << 20);
    sb_str(&sb, a);
    sb_str(&sb, b);
    return sb_view(&sb);
}

/* With KEEP_ICONS=<folder> what is made of them is written there, to be looked at. */
static void keep(const struct known *k, struct str bytes)
{
    const char *folder = getenv("KEEP_ICONS");
    if (folder != NULL) {
        FILE *file = fopen(arena_print(arena, "%s/%s", folder, k->name).p, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes.p, 1, bytes.n, file), bytes.n);
        assert_int_equal(fclose(file), 0);
    }
}

static void pictures_stay(void **state)
{
    (void)state;
    for (size_t i = 0; i < KNOWN; i++) {
        struct icon icon, again;
        assert_true(icon_read(arena, file_of(&known[i]), &icon));
        assert_string_equal(icon.type, known[i].type);
        assert_true(icon.bytes.n > 40 && icon.bytes.n <= known[i].n);
        assert_false(str_contains(icon.bytes, SCRIPT));
        assert_true(icon_read(arena, icon.bytes, &again)); /* nothing more to leave out */
        assert_true(str_eq(icon.bytes, again.bytes));
        keep(&known[i], icon.bytes);
    }
    assert_true(str_contains(file_of(&known[1]), SCRIPT)); /* the fixtures have it */
    assert_true(str_contains(file_of(&known[3]), SCRIPT));
}

/* A page, an archive, a script behind the picture. */
static void what_stands_behind_goes(void **state)
{
    (void)state;
    for (size_t i = 0; i < KNOWN; i++) {
        struct icon icon, longer;
        struct str file = file_of(&known[i]);
        assert_true(icon_read(arena, file, &icon));
        assert_true(icon_read(arena, join(file, SCRIPT), &longer));
        assert_true(str_eq(icon.bytes, longer.bytes));
        assert_true(icon_read(arena, join(file, STR("PK\3\4<?php ?><svg onload=x>")), &longer));
        assert_true(str_eq(icon.bytes, longer.bytes));
    }
}

static void what_is_cut_off_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < KNOWN; i++) {
        struct icon icon, cut;
        assert_true(icon_read(arena, file_of(&known[i]), &icon));
        for (size_t n = 0; n < icon.bytes.n; n++) {
            /* but for the byte that makes WebP's length even, which is put back */
            if (icon_read(arena, str_slice(icon.bytes, 0, n), &cut)) {
                assert_true(n + 1 == icon.bytes.n && str_eq(cut.bytes, icon.bytes));
            }
        }
    }
}

/* One wrong byte is refused, or leaves a picture of the same kind that is no longer. */
static void broken_ones_are_no_worse(void **state)
{
    (void)state;
    for (size_t i = 0; i < KNOWN; i++) {
        for (size_t at = 0; at < known[i].n; at++) {
            struct str copy = arena_dup(arena, file_of(&known[i]));
            struct icon icon;
            char *bytes = arena_raw(arena, copy.n);
            memcpy(bytes, copy.p, copy.n);
            bytes[at] = (char)(bytes[at] ^ (at % 3 == 0 ? 0xff : 0x41));
            if (icon_read(arena, (struct str){.p = bytes, .n = copy.n}, &icon)) {
                assert_true(icon.bytes.n <= known[i].n);
            }
        }
    }
}

static void other_files_are_refused(void **state)
{
    (void)state;
    assert_true(is_refused(STR("")));
    assert_true(is_refused(STR("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")));
    assert_true(is_refused(STR("<html><script>alert(1)</script>")));
    assert_true(is_refused(STR("\x89PNG\r\n\x1a\n<script>alert(1)</script>")));
    assert_true(is_refused(STR("\xff\xd8\xff/*<script>alert(1)</script>")));
    assert_true(is_refused(STR("GIF89a=1;/*<script>alert(1)</script>*/")));
    assert_true(is_refused(STR("GIF89a/*\0\0\0\0\0*/=alert(1)//;")));
    assert_true(is_refused(STR("RIFF\x10\0\0\0WEBP<script>alert")));
    assert_true(is_refused(STR("RIFF\x10\0\0\0WAVEfmt ........")));
    assert_true(is_refused(STR("\0\0\1\0\0\0")));
    assert_true(is_refused(STR("\0\0\1\0\xff\xff")));
    assert_true(is_refused(STR("\0\0\1\0\1\0<script>alert(1)</script>")));
    assert_true(is_refused(STR("BM......")));
    assert_true(is_refused(STR("%PDF-1.7")));
}

/* Text as a chunk of its own, and a chunk that a decoder must know and does not. */
static void chunks_of_others(void **state)
{
    (void)state;
    struct icon icon, plain;
    struct str png = ICON_FILE(png);
    assert_true(icon_read(arena, png, &plain));
    assert_true(str_contains(png, STR("tEXt")) || str_contains(png, STR("zTXt")));
    assert_false(str_contains(plain.bytes, STR("tEXt")));
    struct str head = str_slice(plain.bytes, 0, 33),
               rest = str_slice(plain.bytes, 33, plain.bytes.n);
    static const char text[] = "\0\0\0\3tEXta\0b\x8c\x1e\x4a\xd3"; /* wrong checksum */
    assert_true(
        is_refused(join(join(head, (struct str){.p = text, .n = sizeof(text) - 1}), rest)));
    assert_true(is_refused(join(head, head)));
    assert_true(is_refused(rest));
    struct str webp = ICON_FILE(webp);
    struct str odd = join(join(str_slice(webp, 0, 12), STR("EXIF\3\0\0\0abc\0")),
                          str_slice(webp, 12, webp.n));
    assert_true(icon_read(arena, odd, &icon));
    assert_false(str_contains(icon.bytes, STR("EXIF")));
}

static struct str with_bytes(struct str file, size_t at, struct str bytes)
{
    return join(join(str_slice(file, 0, at), bytes), str_slice(file, at + bytes.n, file.n));
}

/* A small file that asks for a huge picture. */
static void large_sides_are_refused(void **state)
{
    (void)state;
    assert_true(is_refused(with_bytes(ICON_FILE(gif), 6, STR("\xff\xff\xff\xff"))));
    assert_true(is_refused(with_bytes(ICON_FILE(gif), 6, STR("\0\0\0\0"))));
    assert_true(is_refused(with_bytes(ICON_FILE(lossless), 21, STR("\xff\xff\xff\x0f"))));
    assert_true(is_refused(with_bytes(ICON_FILE(webp), 26, STR("\xff\x3f\xff\x3f"))));
    assert_true(is_refused(with_bytes(ICON_FILE(ico), 26, STR("\xff\xff\0\0"))));
    struct sb large;
    sb_init(&large, arena, ICON_BYTES_MAX + 1000);
    sb_str(&large, ICON_FILE(png));
    while (large.n <= ICON_BYTES_MAX) {
        sb_char(&large, ' ');
    }
    assert_true(is_refused(sb_view(&large)));
}

/* A list of pictures may hold one that is none: it is left out. */
static void lists_keep_what_is_good(void **state)
{
    (void)state;
    struct str ico = ICON_FILE(ico);
    struct str entry = str_slice(ico, 6, 22);
    struct icon icon, plain;
    struct str body = str_slice(ico, 22, ico.n);
    struct str far = with_bytes(entry, 12, STR("\xff\xff\xff\x7f"));
    struct str near = with_bytes(entry, 12, STR("\x26\0\0\0"));
    struct str two = join(join(join(STR("\0\0\1\0\2\0"), far), near), body);
    assert_true(icon_read(arena, ico, &plain));
    assert_true(icon_read(arena, two, &icon));
    assert_true(str_eq(icon.bytes, plain.bytes));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(pictures_stay),
        TEST(what_stands_behind_goes),
        TEST(what_is_cut_off_is_refused),
        TEST(broken_ones_are_no_worse),
        TEST(other_files_are_refused),
        TEST(chunks_of_others),
        TEST(large_sides_are_refused),
        TEST(lists_keep_what_is_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
