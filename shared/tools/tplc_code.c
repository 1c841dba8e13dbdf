#include "shared/tools/tplc_parts.h"

#include <stdarg.h>

/* C11 promises literals of 4095 characters; an asset's address may still be added. */
#define LITERAL_MAX 3800

static void indent(struct tplc *c)
{
    for (unsigned i = 0; i < c->depth; i++) {
        SB_LIT(&c->code, "    ");
    }
}

void code_flush(struct tplc *c)
{
    if (c->literal.n == 0) {
        return;
    }
    if (c->literal_open) {
        sb_char(&c->literal, '"');
    }
    indent(c);
    SB_LIT(&c->code, "SB_LIT(out, ");
    sb_str(&c->code, sb_view(&c->literal));
    SB_LIT(&c->code, ");\n");
    c->literal.n = 0;
    c->literal_bytes = 0;
    c->literal_open = false;
}

static void put_escaped(struct sb *sb, char byte)
{
    unsigned char u = (unsigned char)byte;
    if (byte == '\n') {
        SB_LIT(sb, "\\n");
    } else if (byte == '"' || byte == '\\' || byte == '?') { /* '?': no trigraphs */
        sb_char(sb, '\\');
        sb_char(sb, byte);
    } else if (u < 0x20 || u >= 0x7f) {
        sb_printf(sb, "\\%03o", u);
    } else {
        sb_char(sb, byte);
    }
}

void code_static(struct tplc *c, struct str bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (c->literal_bytes >= LITERAL_MAX) {
            code_flush(c);
        }
        if (!c->literal_open) {
            SB_LIT(&c->literal, "\"");
            c->literal_open = true;
        }
        put_escaped(&c->literal, bytes.p[i]);
        c->literal_bytes++;
    }
}

void code_asset(struct tplc *c, struct str name)
{
    if (c->literal_open) {
        SB_LIT(&c->literal, "\" ");
        c->literal_open = false;
    }
    SB_LIT(&c->literal, "ASSET_");
    for (size_t i = 0; i < name.n; i++) {
        bool plain = (name.p[i] | 0x20) >= 'a' && (name.p[i] | 0x20) <= 'z';
        bool digit = name.p[i] >= '0' && name.p[i] <= '9';
        sb_char(&c->literal, plain || digit ? name.p[i] : '_');
    }
    SB_LIT(&c->literal, " ");
    c->literal_bytes += name.n + 64;
}

void code_line(struct tplc *c, size_t at, const char *format, ...)
{
    code_flush(c);
    sb_printf(&c->code, "#line %zu \"%.*s\"\n", line_of(c, at), STR_ARG(c->self->path));
    indent(c);
    char text[2048];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(text)) {
        fail(c, at, "this directive is too long");
        return;
    }
    sb_bytes(&c->code, text, (size_t)n);
    sb_char(&c->code, '\n');
}

void code_begin(struct tplc *c, const char *suffix)
{
    sb_printf(&c->code, "\nvoid tpl_%.*s%s(struct sb *out, const %.*s *v)\n{\n    (void)v;\n",
              STR_ARG(c->self->name), suffix, STR_ARG(c->self->type));
    c->depth = 1;
}

void code_end(struct tplc *c)
{
    code_flush(c);
    SB_LIT(&c->code, "}\n");
}
