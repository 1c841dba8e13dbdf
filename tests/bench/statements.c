/* statements: every SQL statement of the programs, as a JSON object of name and text, so that
 * what a measurement compares with is what the programs send. */
#include "gen/sql.h"

static void put_text(const char *text)
{
    (void)putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            (void)putchar('\\');
        }
        (void)putchar(*text == '\n' || *text == '\t' ? ' ' : *text);
    }
    (void)putchar('"');
}

int main(void)
{
    for (size_t i = 0; i < SQL_COUNT; i++) {
        (void)fputs(i == 0 ? "{\n" : ",\n", stdout);
        put_text(sql_statements[i]->name);
        (void)fputs(": ", stdout);
        put_text(sql_statements[i]->text);
    }
    return puts("\n}") < 0;
}
