#include "core/config/params_local.h"

namespace postern::config::params {
namespace {
constexpr std::string_view kArea = "Local and virtual delivery";
}

void declare_local() {}

const TypedParameter<TableList> alias_maps{
    kArea,
    {
        .name = "alias_maps",
        .initial = "hash:/etc/aliases",
        .text = "The aliases(5) tables that local delivery looks names up in.",
    }};

const TypedParameter<TableList> alias_database{kArea,
                                               {
                                                   .name = "alias_database",
                                                   .initial = "hash:/etc/aliases",
                                                   .text = "The tables that newaliases builds.",
                                               }};

const TypedParameter<std::string> home_mailbox{
    kArea,
    {
        .name = "home_mailbox",
        .text =
            "The mailbox below a user's home. With a \"/\" at its end it is a Maildir; empty means "
            "mail_spool_directory.",
        .example = "Maildir/",
        .raw = true,
    }};

const TypedParameter<std::string> mail_spool_directory{
    kArea,
    {
        .name = "mail_spool_directory",
        .initial = "/var/mail",
        .text = "The directory of mailboxes named after users. With a \"/\" at its end they are "
                "Maildirs.",
    }};

const TypedParameter<std::string> mailbox_transport{
    kArea,
    {
        .name = "mailbox_transport",
        .text = "The transport for all local mailboxes after aliases were applied, in place of "
                "delivery "
                "to a file.",
        .example = "lmtp:unix:private/dovecot-lmtp",
    }};

const TypedParameter<std::string> luser_relay{
    kArea,
    {
        .name = "luser_relay",
        .text =
            "Where mail for unknown local recipients goes; needs an empty local_recipient_maps.",
        .raw = true,
    }};

const TypedParameter<std::string> fallback_transport{
    kArea,
    {
        .name = "fallback_transport",
        .text = "The transport for local recipients that are neither alias nor user.",
    }};

const TypedParameter<ByteCount> mailbox_size_limit{
    kArea,
    {
        .name = "mailbox_size_limit",
        .initial = "51200000",
        .text = "The largest a local mailbox file may become; 0 is no limit.",
        .min = 0,
    }};

const TypedParameter<ByteCount> virtual_mailbox_limit{
    kArea,
    {
        .name = "virtual_mailbox_limit",
        .initial = "51200000",
        .text = "The largest a virtual mailbox may become; 0 is no limit.",
        .min = 0,
    }};

const TypedParameter<std::string> virtual_mailbox_base{
    kArea,
    {
        .name = "virtual_mailbox_base",
        .text = "The directory that goes before each result of virtual_mailbox_maps.",
        .example = "/var/vmail",
    }};

const TypedParameter<TableList> virtual_mailbox_maps{
    kArea,
    {
        .name = "virtual_mailbox_maps",
        .text = "The valid addresses in virtual_mailbox_domains and their mailboxes below "
                "virtual_mailbox_base. With a \"/\" at the end of a result it is a Maildir.",
        .example = "hash:/etc/postfix/vmailbox",
    }};

const TypedParameter<TableList> virtual_uid_maps{
    kArea,
    {
        .name = "virtual_uid_maps",
        .text = "The numeric user id that owns a virtual mailbox, by address.",
        .example = "static:5000",
    }};

const TypedParameter<TableList> virtual_gid_maps{
    kArea,
    {
        .name = "virtual_gid_maps",
        .text = "The numeric group id of a virtual mailbox, by address.",
        .example = "static:5000",
    }};

const TypedParameter<std::int64_t> virtual_minimum_uid{
    kArea,
    {
        .name = "virtual_minimum_uid",
        .initial = "100",
        .text = "The least user id that virtual_uid_maps may give.",
        .min = 1,
    }};

const TypedParameter<StringList> allow_mail_to_commands{
    kArea,
    {
        .name = "allow_mail_to_commands",
        .initial = "alias, forward",
        .text = "The sources that may send mail to \"|command\": alias, forward, include.",
    }};

const TypedParameter<StringList> allow_mail_to_files{
    kArea,
    {
        .name = "allow_mail_to_files",
        .initial = "alias, forward",
        .text = "The sources that may send mail to /file/name: alias, forward, include.",
    }};

const TypedParameter<Seconds> command_time_limit{
    kArea,
    {
        .name = "command_time_limit",
        .initial = "1000s",
        .text = "How long a command may take for one delivery.",
        .min = 1,
    }};

const TypedParameter<std::string> forward_path{
    kArea,
    {
        .name = "forward_path",
        .initial = "$home/.forward${recipient_delimiter}${extension}, $home/.forward",
        .text = "The files that are looked for as a user's .forward; names such as $home are the "
                "recipient's.",
        .raw = true,
    }};

const TypedParameter<bool> expand_owner_alias{
    kArea,
    {
        .name = "expand_owner_alias",
        .initial = "no",
        .text =
            "Whether the sender becomes what the owner- alias of a list leads to, not owner-name "
            "itself.",
    }};

const TypedParameter<StringList> prepend_delivered_header{
    kArea,
    {
        .name = "prepend_delivered_header",
        .initial = "command, file, forward",
        .text = "The kinds of local delivery that put a Delivered-To header on top.",
    }};

const TypedParameter<StringList> mailbox_delivery_lock{
    kArea,
    {
        .name = "mailbox_delivery_lock",
        .initial = "fcntl, dotlock",
        .text = "How a mailbox file is locked: fcntl, flock, dotlock, in this order.",
    }};

const TypedParameter<StringList> virtual_mailbox_lock{
    kArea,
    {
        .name = "virtual_mailbox_lock",
        .initial = "fcntl, dotlock",
        .text = "How a virtual mailbox file is locked.",
    }};

const TypedParameter<std::int64_t> local_destination_concurrency_limit{
    kArea,
    {
        .name = "local_destination_concurrency_limit",
        .initial = "2",
        .text = "The most parallel deliveries to one local user.",
        .min = 0,
    }};

const TypedParameter<std::int64_t> local_destination_recipient_limit{
    kArea,
    {
        .name = "local_destination_recipient_limit",
        .initial = "1",
        .text = "The most recipients of one local delivery.",
        .min = 0,
    }};

const TypedParameter<std::string> local_command_shell{
    kArea,
    {
        .name = "local_command_shell",
        .text = "A shell that runs every |command; empty runs simple commands without one.",
    }};

}  // namespace postern::config::params
