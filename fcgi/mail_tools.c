#include "fcgi/mail_tools.h"
#include "fcgi/collector_url.h"
#include "shared/html.h"
#include "shared/sb.h"

#define OUT_MAX ((size_t)16 * 1024)

static const struct mail_tool tools[] = {
    {STR_INIT("mailchimp"), STR_INIT("Mailchimp"), STR_INIT("*|EMAIL|*"), STR_INIT("*|FNAME|*"),
     STR_INIT("*|LNAME|*"), STR_INIT(""), "A Code block at the end of the mail."},
    {STR_INIT("hubspot"), STR_INIT("HubSpot"), STR_INIT("{{contact.email}}"),
     STR_INIT("{{contact.firstname}}"), STR_INIT("{{contact.lastname}}"),
     STR_INIT("{{contact.company}}"),
     "An HTML module of a coded template, or a picture from an address."},
    {STR_INIT("brevo"), STR_INIT("Brevo"), STR_INIT("{{ contact.EMAIL }}"),
     STR_INIT("{{ contact.FIRSTNAME }}"), STR_INIT("{{ contact.LASTNAME }}"), STR_INIT(""),
     "An HTML block at the end of the mail."},
    {STR_INIT("activecampaign"), STR_INIT("ActiveCampaign"), STR_INIT("%EMAIL%"),
     STR_INIT("%FIRSTNAME%"), STR_INIT("%LASTNAME%"), STR_INIT("%ACCT_NAME%"),
     "An HTML block at the end of the mail."},
    {STR_INIT("campaign-monitor"), STR_INIT("Campaign Monitor"), STR_INIT("[email]"),
     STR_INIT("[firstname]"), STR_INIT("[lastname]"), STR_INIT(""),
     "Mails that are imported as HTML, before the end of the body; its builder takes no HTML."},
    {STR_INIT("klaviyo"), STR_INIT("Klaviyo"), STR_INIT("{{ person.email }}"),
     STR_INIT("{{ person.first_name }}"), STR_INIT("{{ person.last_name }}"), STR_INIT(""),
     "An HTML block, or the source of a text block, at the end of the mail."},
    {STR_INIT("mailjet"), STR_INIT("Mailjet"), STR_INIT("[[EMAIL_TO]]"),
     STR_INIT("[[data:firstname:\"\"]]"), STR_INIT("[[data:name:\"\"]]"), STR_INIT(""),
     "An HTML block at the end of the mail."},
    {STR_INIT("sendgrid"), STR_INIT("SendGrid"), STR_INIT("{{email}}"),
     STR_INIT("{{first_name}}"), STR_INIT("{{last_name}}"), STR_INIT(""),
     "A Code module at the end of the design."},
    {STR_INIT("salesforce"), STR_INIT("Salesforce Marketing Cloud"), STR_INIT("%%emailaddr%%"),
     STR_INIT("%%FirstName%%"), STR_INIT("%%LastName%%"), STR_INIT(""),
     "An HTML block. The names are those of your data extension: change them where yours "
     "differ."},
    {STR_INIT("zoho"), STR_INIT("Zoho Campaigns"), STR_INIT("$[EMAIL]$"), STR_INIT("$[FNAME]$"),
     STR_INIT("$[LNAME]$"), STR_INIT("$[COMPANYNAME]$"),
     "An HTML component at the end of the mail."},
    {STR_INIT("mailerlite"), STR_INIT("MailerLite"), STR_INIT("{$email}"), STR_INIT("{$name}"),
     STR_INIT("{$last_name}"), STR_INIT("{$company}"),
     "A custom HTML block at the end of the mail."},
    {STR_INIT("getresponse"), STR_INIT("GetResponse"), STR_INIT("[[email]]"),
     STR_INIT("[[firstname]]"), STR_INIT("[[lastname]]"), STR_INIT(""),
     "A Custom code block at the end of the mail."},
    {STR_INIT("mautic"), STR_INIT("Mautic"), STR_INIT("{contactfield=email}"),
     STR_INIT("{contactfield=firstname}"), STR_INIT("{contactfield=lastname}"),
     STR_INIT("{contactfield=company}"), "The source of the mail, before the end of the body."},
    {STR_INIT("lemlist"), STR_INIT("lemlist"), STR_INIT("{{email}}"), STR_INIT("{{firstName}}"),
     STR_INIT("{{lastName}}"), STR_INIT("{{companyName}}"), "The source view of each step."},
    {STR_INIT("other"), STR_INIT("Another tool"), STR_INIT("{{EMAIL}}"),
     STR_INIT("{{FIRST NAME}}"), STR_INIT("{{LAST NAME}}"), STR_INIT("{{COMPANY}}"),
     "Put your tool's own tags in place of those in double braces; its manual calls them merge "
     "tags, placeholders or personalization."},
};

const struct mail_tool *mail_tools(size_t *out_n)
{
    *out_n = sizeof(tools) / sizeof(*tools);
    return tools;
}

const struct mail_tool *mail_tool(struct str id)
{
    for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++) {
        if (str_eq(tools[i].id, id)) {
            return &tools[i];
        }
    }
    return &tools[0];
}

/* "&name=value"; a merge tag stays as it is. */
static void add(struct sb *sb, const char *name, struct str value)
{
    if (value.n == 0) {
        return;
    }
    sb_printf(sb, "&%s=", name);
    if (collector_is_merge_tag(value)) {
        sb_str(sb, value);
    } else {
        html_query(sb, value);
    }
}

static void add_person(struct sb *sb, const struct mail *mail)
{
    add(sb, "email", mail->tool->email);
    add(sb, "firstName", mail->tool->first_name);
    add(sb, "lastName", mail->tool->last_name);
    add(sb, "company", mail->tool->company);
    add(sb, "fromEmail", mail->from);
}

struct str mail_pixel(struct ctx *ctx, const struct mail *mail)
{
    struct sb address;
    struct sb sb;
    sb_init(&address, ctx->arena, OUT_MAX);
    sb_str(&address, mail->origin);
    SB_LIT(&address, "/e.gif?dataset=");
    html_query(&address, mail->dataset);
    add(&address, "campaign", mail->campaign);
    add_person(&address, mail);
    /* Some tags have a quote of one kind in them. */
    char quote = str_find(sb_view(&address), '"') < address.n ? '\'' : '"';
    sb_init(&sb, ctx->arena, OUT_MAX + 100);
    sb_printf(&sb, "<img src=%c", quote);
    sb_str(&sb, sb_view(&address));
    sb_printf(&sb, "%c width=\"1\" height=\"1\" alt=\"\">", quote);
    return sb_view(&sb);
}

struct str mail_link(struct ctx *ctx, const struct mail *mail, struct str page)
{
    size_t fragment = str_find(page, '#');
    struct str before = str_slice(page, 0, fragment);
    bool has_query = str_find(before, '?') < before.n;
    struct sb sb;
    sb_init(&sb, ctx->arena, OUT_MAX);
    sb_str(&sb, before);
    sb_printf(&sb, "%sutm_medium=email", has_query ? "&" : "?");
    add(&sb, "utm_source", mail->tool->id);
    add(&sb, "utm_campaign", mail->campaign);
    add_person(&sb, mail);
    sb_str(&sb, str_slice(page, fragment, page.n));
    return sb_view(&sb);
}
