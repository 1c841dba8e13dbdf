-- Adding a company by hand stores its icon and connects people who are of no company yet.

grant insert, update on account_icon to leadboard_web;
-- By the domain of their address read backwards, so that those below a domain stand together.
create index lead_mail_domain on lead (dataset_id, (reverse(split_part(email_lower, '@', 2)) collate "C"))
    where account_id is null and email_lower is not null;
