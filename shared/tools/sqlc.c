/*
 * sqlc.c - the statement compiler: reads shared/sql/(*).sql, writes a header and a source with
 * a typed parameter struct, row struct and functions for each named statement.
 *
 *     sqlc OUT FILE...      writes OUT.h and OUT.c
 *
 * A statement is
 *
 *     -- name: board_get
 *     -- params: dataset bigint, board bigint, owner bigint?
 *     -- one: id bigint, name text, segment bigint?
 *     select ... $1 ... $2 ... $3;
 *
 * `-- params:` may be missing; the result is `-- one:` (no row is ERR_NOT_FOUND), `-- many:` or
 * `-- exec`. `?` means nullable. Long lists go on in lines that begin with `--` and two spaces
 * or more. Lines that begin with `---` are comments. Whatever is doubtful is refused with file
 * and line: an unknown type, a name twice, a parameter that the text does not use or that is
 * not declared, more than one statement under a name.
 */
#include "shared/ctx.h"
#include "shared/sb.h"

#include <ctype.h>
#include <errno.h>

#define ARENA_CAP ((size_t)256 << 20)
#define OUT_MAX ((size_t)32 << 20)
#define FIELDS_MAX 64
#define STATEMENTS_MAX 4096

struct type {
    const char *sql, *c, *constant;
    bool is_text; /* NULL is p == NULL, so no _null member */
};

static const struct type types[] = {
    {"boolean", "bool", "DB_BOOLEAN", false},
    {"smallint", "int16_t", "DB_SMALLINT", false},
    {"integer", "int32_t", "DB_INTEGER", false},
    {"bigint", "int64_t", "DB_BIGINT", false},
    {"double", "double", "DB_DOUBLE", false},
    {"double precision", "double", "DB_DOUBLE", false},
    {"timestamptz", "int64_t", "DB_TIMESTAMPTZ", false},
    {"xid8", "int64_t", "DB_XID8", false},
    {"text", "struct str", "DB_TEXT", true},
    {"bytea", "struct str", "DB_BYTEA", true},
    {"jsonb", "struct str", "DB_JSONB", true},
    {"numeric", "struct str", "DB_NUMERIC", true},
    {"uuid", "struct str", "DB_UUID", true},
    {"boolean[]", "struct sql_bools", "DB_BOOLEAN_ARRAY", false},
    {"smallint[]", "struct sql_i16s", "DB_SMALLINT_ARRAY", false},
    {"integer[]", "struct sql_i32s", "DB_INTEGER_ARRAY", false},
    {"bigint[]", "struct sql_i64s", "DB_BIGINT_ARRAY", false},
    {"double[]", "struct sql_doubles", "DB_DOUBLE_ARRAY", false},
    {"double precision[]", "struct sql_doubles", "DB_DOUBLE_ARRAY", false},
    {"timestamptz[]", "struct sql_i64s", "DB_TIMESTAMPTZ_ARRAY", false},
    {"text[]", "struct sql_strs", "DB_TEXT_ARRAY", false},
    {"jsonb[]", "struct sql_strs", "DB_JSONB_ARRAY", false},
    {"uuid[]", "struct sql_strs", "DB_UUID_ARRAY", false},
};

struct field {
    struct str name;
    const struct type *type;
    bool nullable;
};

struct fields {
    struct field v[FIELDS_MAX];
    size_t n;
};

enum shape { SHAPE_ONE, SHAPE_MANY, SHAPE_EXEC };

struct statement {
    struct str name, text;
    const char *file;
    int line;
    struct fields params, columns;
    enum shape shape;
};

/* A file being read, line by line. */
struct reader {
    struct arena *arena;
    const char *file;
    struct str rest, line;
    int number;
    bool more;
};

static _Noreturn void refuse(const char *file, int line, const char *why, struct str what)
{
    (void)fprintf(stderr, "%s:%d: %s", file, line, why);
    if (what.n != 0) {
        (void)fprintf(stderr, " \"%.*s\"", STR_ARG(what));
    }
    (void)fprintf(stderr, "\n");
    exit(1);
}

static struct str slurp(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        refuse(path, 0, strerror(errno), (struct str){0});
    }
    struct sb sb;
    sb_init(&sb, arena, OUT_MAX);
    char bytes[8192];
    size_t n = 0;
    while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0) {
        sb_bytes(&sb, bytes, n);
    }
    if (ferror(file) || sb.overflow) {
        refuse(path, 0, "cannot be read whole", (struct str){0});
    }
    (void)fclose(file);
    return sb_view(&sb);
}

static void next_line(struct reader *reader)
{
    reader->more = str_next(&reader->rest, '\n', &reader->line);
    reader->number++;
    if (reader->line.n != 0 && reader->line.p[reader->line.n - 1] == '\r') {
        refuse(reader->file, reader->number, "line ends in a carriage return", (struct str){0});
    }
}

static bool is_name(struct str s)
{
    static const char *const reserved[] = {
        "auto",     "bool",    "break",  "case",     "char",   "const",    "continue",
        "default",  "do",      "double", "else",     "enum",   "extern",   "float",
        "for",      "goto",    "if",     "inline",   "int",    "long",     "register",
        "restrict", "return",  "short",  "signed",   "sizeof", "static",   "struct",
        "switch",   "typedef", "union",  "unsigned", "void",   "volatile", "while",
        "true",     "false",
    };
    if (s.n == 0 || s.n > 60 || s.p[0] < 'a' || s.p[0] > 'z') {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (str_eq(s, str_from(reserved[i]))) {
            return false;
        }
    }
    return true;
}

static const struct type *find_type(struct str name)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (str_eq(name, str_from(types[i].sql))) {
            return &types[i];
        }
    }
    return NULL;
}

/* "name type" or "name type?" */
static void add_field(const struct reader *reader, int line, struct fields *fields,
                      struct str text)
{
    text = str_trim(text);
    size_t space = str_find(text, ' ');
    struct field field = {.name = str_slice(text, 0, space)};
    struct str type = str_trim(str_slice(text, space, text.n));
    if (!is_name(field.name)) {
        refuse(reader->file, line, "not a name:", field.name);
    }
    if (str_ends(type, STR("?"))) {
        field.nullable = true;
        type = str_trim(str_slice(type, 0, type.n - 1));
    }
    field.type = find_type(type);
    if (field.type == NULL) {
        refuse(reader->file, line, "not a type:", type);
    }
    for (size_t i = 0; i < fields->n; i++) {
        if (str_eq(fields->v[i].name, field.name)) {
            refuse(reader->file, line, "twice in one list:", field.name);
        }
    }
    if (fields->n == FIELDS_MAX) {
        refuse(reader->file, line, "too many fields, the first that does not fit is",
               field.name);
    }
    fields->v[fields->n++] = field;
}

/* Reads a list that may go on in following lines; leaves the reader after it. */
static void read_fields(struct reader *reader, struct str prefix, struct fields *fields)
{
    int line = reader->number;
    struct sb list;
    sb_init(&list, reader->arena, OUT_MAX);
    sb_str(&list, str_slice(reader->line, prefix.n, reader->line.n));
    next_line(reader);
    while (reader->more && str_starts(reader->line, STR("--  "))) {
        sb_str(&list, str_slice(reader->line, 2, reader->line.n));
        next_line(reader);
    }
    struct str rest = sb_view(&list);
    struct str part = {0};
    while (str_next(&rest, ',', &part)) {
        add_field(reader, line, fields, part);
    }
}

static void read_shape(struct reader *reader, struct statement *statement)
{
    if (str_starts(reader->line, STR("-- one:"))) {
        statement->shape = SHAPE_ONE;
        read_fields(reader, STR("-- one:"), &statement->columns);
    } else if (str_starts(reader->line, STR("-- many:"))) {
        statement->shape = SHAPE_MANY;
        read_fields(reader, STR("-- many:"), &statement->columns);
    } else if (reader->more && str_eq(str_trim(reader->line), STR("-- exec"))) {
        statement->shape = SHAPE_EXEC;
        next_line(reader);
    } else {
        refuse(reader->file, reader->number, "expected -- one:, -- many: or -- exec, found",
               reader->line);
    }
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Index after the quoted text that begins at i. */
static size_t skip_quoted(const struct statement *statement, size_t i)
{
    struct str s = statement->text;
    char quote = s.p[i];
    for (size_t k = i + 1; k < s.n; k++) {
        if (s.p[k] == quote) {
            if (k + 1 == s.n || s.p[k + 1] != quote) {
                return k + 1;
            }
            k++;
        }
    }
    refuse(statement->file, statement->line, "a quote is not closed in", statement->name);
}

static size_t skip_comment(const struct statement *statement, size_t i)
{
    struct str s = statement->text;
    struct str rest = str_slice(s, i, s.n);
    if (str_starts(rest, STR("--"))) {
        return i + str_find(rest, '\n');
    }
    for (size_t k = i + 2; k + 1 < s.n; k++) {
        if (s.p[k] == '*' && s.p[k + 1] == '/') {
            return k + 2;
        }
    }
    refuse(statement->file, statement->line, "a comment is not closed in", statement->name);
}

/* Reads $n at i, marks it used, returns the index after it. */
static size_t read_parameter(const struct statement *statement, size_t i, bool *used)
{
    struct str s = statement->text;
    size_t k = i + 1;
    size_t number = 0;
    while (k < s.n && isdigit((unsigned char)s.p[k]) && number <= FIELDS_MAX) {
        number = number * 10 + (size_t)(s.p[k++] - '0');
    }
    if (k == i + 1) {
        refuse(statement->file, statement->line,
               "dollar quotes are not for statements:", statement->name);
    }
    if (number == 0 || number > statement->params.n) {
        refuse(statement->file, statement->line,
               "not declared in -- params:", str_slice(s, i, k));
    }
    used[number - 1] = true;
    return k;
}

/* Every parameter is declared and used, and there is one statement only. */
static void check_text(const struct statement *statement)
{
    struct str s = statement->text;
    bool used[FIELDS_MAX] = {false};
    for (size_t i = 0; i < s.n;) {
        struct str rest = str_slice(s, i, s.n);
        if (s.p[i] == '\'' || s.p[i] == '"') {
            i = skip_quoted(statement, i);
        } else if (str_starts(rest, STR("--")) || str_starts(rest, STR("/*"))) {
            i = skip_comment(statement, i);
        } else if (s.p[i] == '$' && (i == 0 || !is_word(s.p[i - 1]))) {
            i = read_parameter(statement, i, used);
        } else if (s.p[i] == ';') {
            refuse(statement->file, statement->line, "more than one statement under",
                   statement->name);
        } else {
            i++;
        }
    }
    for (size_t i = 0; i < statement->params.n; i++) {
        if (!used[i]) {
            refuse(statement->file, statement->line,
                   "declared but not used:", statement->params.v[i].name);
        }
    }
}

static void read_text(struct reader *reader, struct statement *statement)
{
    struct sb text;
    sb_init(&text, reader->arena, OUT_MAX);
    while (reader->more && !str_starts(reader->line, STR("-- name:"))) {
        if (str_starts(reader->line, STR("-- params:")) ||
            str_starts(reader->line, STR("-- one:")) ||
            str_starts(reader->line, STR("-- many:")) ||
            str_starts(reader->line, STR("-- exec"))) {
            refuse(reader->file, reader->number, "out of its place:", reader->line);
        }
        if (!str_starts(reader->line, STR("---"))) {
            sb_str(&text, reader->line);
            sb_char(&text, '\n');
        }
        next_line(reader);
    }
    struct str body = str_trim(sb_view(&text));
    if (str_ends(body, STR(";"))) {
        body = str_trim(str_slice(body, 0, body.n - 1));
    }
    if (body.n == 0) {
        refuse(statement->file, statement->line, "no text under", statement->name);
    }
    statement->text = body;
    check_text(statement);
}

static struct statement *read_statement(struct reader *reader)
{
    struct statement *statement = ARENA_NEW(reader->arena, struct statement);
    statement->name = str_trim(str_slice(reader->line, STR("-- name:").n, reader->line.n));
    statement->file = reader->file;
    statement->line = reader->number;
    if (!is_name(statement->name)) {
        refuse(reader->file, reader->number, "not a name:", statement->name);
    }
    next_line(reader);
    if (str_starts(reader->line, STR("-- params:"))) {
        read_fields(reader, STR("-- params:"), &statement->params);
    }
    read_shape(reader, statement);
    read_text(reader, statement);
    return statement;
}

struct program {
    struct arena *arena;
    struct statement *v[STATEMENTS_MAX];
    size_t n;
};

static void add_statement(struct program *program, struct statement *statement)
{
    for (size_t i = 0; i < program->n; i++) {
        if (str_eq(program->v[i]->name, statement->name)) {
            refuse(statement->file, statement->line, "name used twice:", statement->name);
        }
    }
    if (program->n == STATEMENTS_MAX) {
        refuse(statement->file, statement->line, "too many statements at", statement->name);
    }
    program->v[program->n++] = statement;
}

static void read_file(struct program *program, const char *path)
{
    struct reader reader = {.arena = program->arena, .file = path};
    reader.rest = slurp(program->arena, path);
    next_line(&reader);
    while (reader.more) {
        if (str_starts(reader.line, STR("-- name:"))) {
            add_statement(program, read_statement(&reader));
        } else if (str_trim(reader.line).n == 0 || str_starts(reader.line, STR("---"))) {
            next_line(&reader);
        } else {
            refuse(path, reader.number, "expected -- name:, found", reader.line);
        }
    }
}

static bool has_null_member(const struct field *field)
{
    return field->nullable && !field->type->is_text;
}

static void put_struct(struct sb *h, struct str name, const char *suffix,
                       const struct fields *fields)
{
    sb_printf(h, "struct sql_%.*s%s {\n", STR_ARG(name), suffix);
    for (size_t i = 0; i < fields->n; i++) {
        const struct field *field = &fields->v[i];
        sb_printf(h, "    %s %.*s;\n", field->type->c, STR_ARG(field->name));
        if (has_null_member(field)) {
            sb_printf(h, "    bool %.*s_null;\n", STR_ARG(field->name));
        }
    }
    SB_LIT(h, "};\n");
}

static void put_in(struct sb *sb, const struct statement *s)
{
    if (s->params.n != 0) {
        sb_printf(sb, ", const struct sql_%.*s_in *in", STR_ARG(s->name));
    }
}

static void put_out(struct sb *sb, const struct statement *s)
{
    if (s->shape == SHAPE_EXEC) {
        SB_LIT(sb, ", int64_t *out_count");
    } else {
        sb_printf(sb, ", struct sql_%.*s%s *out", STR_ARG(s->name),
                  s->shape == SHAPE_MANY ? "_rows" : "");
    }
}

static void put_signature(struct sb *sb, const struct statement *s, const char *suffix,
                          bool with_in, bool with_out)
{
    sb_printf(sb, "enum err sql_%.*s%s(struct db *db", STR_ARG(s->name), suffix);
    if (with_in) {
        put_in(sb, s);
    }
    if (with_out) {
        put_out(sb, s);
    }
    SB_LIT(sb, ")");
}

static void put_header(struct sb *h, const struct statement *s)
{
    sb_printf(h, "\n/* %s:%d */\n", s->file, s->line);
    if (s->params.n != 0) {
        put_struct(h, s->name, "_in", &s->params);
    }
    if (s->shape != SHAPE_EXEC) {
        put_struct(h, s->name, "", &s->columns);
    }
    if (s->shape == SHAPE_MANY) {
        sb_printf(h, "struct sql_%.*s_rows {\n    struct sql_%.*s *row;\n    size_t n;\n};\n",
                  STR_ARG(s->name), STR_ARG(s->name));
    }
    SB_LIT(h, "MUST_CHECK ");
    put_signature(h, s, "", true, true);
    SB_LIT(h, ";\nMUST_CHECK ");
    put_signature(h, s, "_send", true, false);
    SB_LIT(h, ";\nMUST_CHECK ");
    put_signature(h, s, "_take", false, true);
    SB_LIT(h, ";\n");
}

static void put_literal(struct sb *c, struct str text)
{
    SB_LIT(c, "\"");
    for (size_t i = 0; i < text.n; i++) {
        unsigned char byte = (unsigned char)text.p[i];
        if (byte == '\n') {
            SB_LIT(c, "\\n\"\n        \"");
        } else if (byte == '"' || byte == '\\' || byte == '?') { /* '?': no trigraphs */
            sb_printf(c, "\\%c", byte);
        } else if (byte < ' ' || byte > '~') {
            sb_printf(c, "\\%03o", byte);
        } else {
            sb_char(c, (char)byte);
        }
    }
    SB_LIT(c, "\"");
}

static void put_fields(struct sb *c, struct str name, const char *kind, const char *suffix,
                       const struct fields *fields)
{
    if (fields->n == 0) {
        return;
    }
    sb_printf(c, "static const struct db_field statement_%.*s_%s[] = {\n", STR_ARG(name), kind);
    for (size_t i = 0; i < fields->n; i++) {
        const struct field *f = &fields->v[i];
        sb_printf(c, "    {.name = \"%.*s\", .type = %s, .nullable = %s,\n", STR_ARG(f->name),
                  f->type->constant, f->nullable ? "true" : "false");
        sb_printf(c, "     .offset = offsetof(struct sql_%.*s%s, %.*s)", STR_ARG(name), suffix,
                  STR_ARG(f->name));
        if (has_null_member(f)) {
            sb_printf(c, ",\n     .null_offset = offsetof(struct sql_%.*s%s, %.*s_null)",
                      STR_ARG(name), suffix, STR_ARG(f->name));
        }
        SB_LIT(c, "},\n");
    }
    SB_LIT(c, "};\n");
}

static void put_entry(struct sb *c, const struct statement *s, size_t id)
{
    static const char *const shapes[] = {"DB_ONE", "DB_MANY", "DB_EXEC"};
    put_fields(c, s->name, "params", "_in", &s->params);
    put_fields(c, s->name, "columns", "", &s->columns);
    sb_printf(c, "static const struct db_statement statement_%.*s = {\n    .id = %zu,\n",
              STR_ARG(s->name), id);
    sb_printf(c, "    .name = \"%.*s\",\n    .shape = %s,\n    .text =\n        ",
              STR_ARG(s->name), shapes[s->shape]);
    put_literal(c, s->text);
    SB_LIT(c, ",\n");
    if (s->params.n != 0) {
        sb_printf(c, "    .params = statement_%.*s_params,\n    .n_params = %zu,\n",
                  STR_ARG(s->name), s->params.n);
    }
    if (s->columns.n != 0) {
        sb_printf(c, "    .columns = statement_%.*s_columns,\n    .n_columns = %zu,\n",
                  STR_ARG(s->name), s->columns.n);
        sb_printf(c, "    .row_size = sizeof(struct sql_%.*s),\n", STR_ARG(s->name));
    }
    SB_LIT(c, "};\n");
}

static void put_functions(struct sb *c, const struct statement *s)
{
    const char *in = s->params.n != 0 ? "in" : "NULL";
    put_signature(c, s, "_send", true, false);
    sb_printf(c, "\n{\n    return db_statement_send(db, &statement_%.*s, %s);\n}\n",
              STR_ARG(s->name), in);
    put_signature(c, s, "_take", false, true);
    if (s->shape == SHAPE_MANY) {
        sb_printf(c, "\n{\n    void *rows = NULL;\n    size_t n = 0;\n");
        sb_printf(c, "    TRY(db_statement_take_many(db, &statement_%.*s, &rows, &n));\n",
                  STR_ARG(s->name));
        SB_LIT(c, "    out->row = rows;\n    out->n = n;\n    return ERR_NONE;\n}\n");
    } else {
        sb_printf(c, "\n{\n    return db_statement_take_%s(db, &statement_%.*s, %s);\n}\n",
                  s->shape == SHAPE_ONE ? "one" : "exec", STR_ARG(s->name),
                  s->shape == SHAPE_ONE ? "out" : "out_count");
    }
    put_signature(c, s, "", true, true);
    sb_printf(c, "\n{\n    TRY(sql_%.*s_send(db%s));\n", STR_ARG(s->name),
              s->params.n != 0 ? ", in" : "");
    sb_printf(c, "    return sql_%.*s_take(db, %s);\n}\n\n", STR_ARG(s->name),
              s->shape == SHAPE_EXEC ? "out_count" : "out");
}

static void put_source(struct sb *c, const struct program *program)
{
    SB_LIT(c, "/* Made by shared/tools/sqlc.c; do not edit. */\n#include \"gen/sql.h\"\n\n"
              "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n\n");
    for (size_t i = 0; i < program->n; i++) {
        put_entry(c, program->v[i], i);
        put_functions(c, program->v[i]);
    }
    SB_LIT(c, "const struct db_statement *const sql_statements[] = {\n");
    for (size_t i = 0; i < program->n; i++) {
        sb_printf(c, "    &statement_%.*s,\n", STR_ARG(program->v[i]->name));
    }
    SB_LIT(c, "    NULL,\n};\n");
}

static void write_file(const struct program *program, const char *out, const char *suffix,
                       const struct sb *sb)
{
    struct str path = arena_print(program->arena, "%s%s", out, suffix);
    struct str text = {0};
    if (sb_done(sb, &text) != ERR_NONE) {
        refuse(path.p, 0, "more text than fits", (struct str){0});
    }
    FILE *file = fopen(path.p, "wb");
    if (file == NULL || fwrite(text.p, 1, text.n, file) != text.n || fclose(file) != 0) {
        refuse(path.p, 0, strerror(errno), (struct str){0});
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(stderr, "usage: sqlc OUT FILE...\n");
        return 2;
    }
    struct arena *arena = arena_new(ARENA_CAP);
    struct program *program = ARENA_NEW(arena, struct program);
    program->arena = arena;
    for (int i = 2; i < argc; i++) {
        read_file(program, argv[i]);
    }
    struct sb h;
    struct sb c;
    sb_init(&h, arena, OUT_MAX);
    sb_init(&c, arena, OUT_MAX);
    SB_LIT(&h, "/* Made by shared/tools/sqlc.c; do not edit. */\n"
               "#ifndef LEADBOARD_GEN_SQL_H\n#define LEADBOARD_GEN_SQL_H\n\n"
               "#include \"shared/db_statement.h\"\n\n");
    sb_printf(&h, "#define SQL_COUNT %zu\n", program->n);
    SB_LIT(&h, "/* Every statement, in order of id; NULL ends the list. */\n"
               "extern const struct db_statement *const sql_statements[];\n");
    for (size_t i = 0; i < program->n; i++) {
        put_header(&h, program->v[i]);
    }
    SB_LIT(&h, "\n#endif\n");
    put_source(&c, program);
    write_file(program, argv[1], ".h", &h);
    write_file(program, argv[1], ".c", &c);
    arena_free(arena);
    return 0;
}
