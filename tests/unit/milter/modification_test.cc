#include "core/milter/modification_parser.h"
#include "tests/unit/milter/packets.h"

namespace postern::milter::testing {
namespace {

mail::Modification parsed(const Modify& request, bool keeps_space = false) {
  const auto out = parse_modification(request, {.keeps_leading_space = keeps_space});
  EXPECT_TRUE(out) << error_of(out);
  return out->modification;
}

TEST(ModificationParser, HeaderValuesAreExact) {
  EXPECT_EQ(parsed(AddHeaderRequest{"N", "v"}), mail::Modification(mail::AddHeader{"N", " v"}));
  EXPECT_EQ(parsed(AddHeaderRequest{"N", " v"}, true),
            mail::Modification(mail::AddHeader{"N", " v"}));
  EXPECT_EQ(parsed(InsertHeaderRequest{1, "N", "v"}, true),
            mail::Modification(mail::InsertHeader{1, "N", "v"}));
  EXPECT_EQ(parsed(ChangeHeaderRequest{0, "N", "v"}),
            mail::Modification(mail::ChangeHeader{1, "N", " v"}));
  EXPECT_EQ(parsed(ChangeHeaderRequest{2, "N", ""}),
            mail::Modification(mail::DeleteHeader{2, "N"}));
}

TEST(ModificationParser, Row213AHeaderCannotForgeAnotherOrTheBody) {
  EXPECT_EQ(parsed(AddHeaderRequest{"N", "a\nBcc: x\r\n\r\nbody\n"}),
            mail::Modification(mail::AddHeader{"N", " a\r\n\tBcc: x\r\n\tbody"}));
  EXPECT_EQ(parsed(AddHeaderRequest{"N", "a\0b"s}),
            mail::Modification(mail::AddHeader{"N", " a?b"}));
  for (const std::string_view name : {"", "A B", "A:", "A\r\nB", "A\tB", "\xC3\xA9"})
    EXPECT_FALSE(parse_modification(AddHeaderRequest{std::string(name), "v"}, {})) << name;
}

TEST(ModificationParser, ReversePathWithItsParameters) {
  const auto out = parse_modification(
      ChangeReversePathRequest{"<a@b.example>", "ret=HDRS ENVID=x+2By SIZE=10 BODY=8BITMIME"}, {});
  ASSERT_TRUE(out) << error_of(out);
  const auto& change = std::get<mail::ChangeReversePath>(out->modification);
  EXPECT_EQ(mail::to_wire(change.path), "a@b.example");
  EXPECT_EQ(change.ret, mail::DsnReturn::kHeaders);
  EXPECT_EQ(change.envid, "x+y");
  EXPECT_EQ(out->ignored_parameters, (std::vector<std::string>{"SIZE=10", "BODY=8BITMIME"}));
  for (const std::string_view null : {"<>", ""})
    EXPECT_FALSE(
        std::get<mail::ChangeReversePath>(parsed(ChangeReversePathRequest{std::string(null), ""}))
            .path);
}

TEST(ModificationParser, RecipientWithItsParameters) {
  const auto out = parse_modification(
      AddRecipientRequest{"c@d.example", "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x@y X=1", true}, {});
  ASSERT_TRUE(out) << error_of(out);
  const auto& recipient = std::get<mail::AddRecipient>(out->modification).recipient;
  EXPECT_EQ(recipient.forward_path, mail::Mailbox("c", "d.example"));
  EXPECT_EQ(recipient.notify, mail::DsnNotify::kSuccess | mail::DsnNotify::kDelay);
  EXPECT_EQ(recipient.orcpt, "rfc822;x@y");
  EXPECT_EQ(out->ignored_parameters, std::vector<std::string>{"X=1"});
  EXPECT_FALSE(parsed(AddRecipientRequest{"<local>", "", false}) == mail::Modification());
}

TEST(ModificationParser, NotedParametersAreBounded) {
  for (const std::size_t count : {15u, 16u, 17u, 16'000u}) {
    std::string arguments;
    for (std::size_t i = 0; i < count; ++i)
      arguments += " X";
    const auto out = parse_modification(AddRecipientRequest{"<a@b>", arguments, true}, {});
    ASSERT_TRUE(out);
    EXPECT_EQ(out->ignored_parameters.size(), std::min<std::size_t>(count, 16));
  }
}

TEST(ModificationParser, WhatIsNoAddressIsRefused) {
  for (const std::string_view path :
       {"", "<>", "<a@b", "a@", "@b", "a b@c", "<a@b>x", "a@b\r\nRCPT TO:<x@y>"}) {
    EXPECT_FALSE(parse_modification(AddRecipientRequest{std::string(path), "", false}, {})) << path;
    EXPECT_FALSE(parse_modification(DeleteRecipientRequest{std::string(path)}, {})) << path;
  }
  const auto refused = parse_modification(DeleteRecipientRequest{"a\x01@"}, {});
  EXPECT_EQ(error_of(refused), "milter names an address that is none: \"a?@\"");
}

TEST(ModificationParser, AQuarantineReasonIsOneLine) {
  EXPECT_EQ(parsed(QuarantineRequest{"a\r\nb"}), mail::Modification(mail::Quarantine{"a  b"}));
}

TEST(Collector, NothingThatWasNotNegotiated) {
  const Offer offer = Offer::for_version(6);
  const auto none = negotiate(offer, {6, {}, {}, {}});
  ASSERT_TRUE(none);
  const Modify requests[] = {AddHeaderRequest{"N", "v"},
                             InsertHeaderRequest{0, "N", "v"},
                             ChangeHeaderRequest{1, "N", "v"},
                             ChangeReversePathRequest{"<a@b>", ""},
                             AddRecipientRequest{"<a@b>", "", false},
                             AddRecipientRequest{"<a@b>", "", true},
                             DeleteRecipientRequest{"<a@b>"},
                             ReplaceBodyChunk{"x"},
                             QuarantineRequest{"why"}};
  for (const Modify& request : requests) {
    ModificationCollector collector;
    EXPECT_EQ(collector.add(request, *none).error().kind, ErrorKind::kInvalid);
    EXPECT_TRUE(collector.add(request, profile_of()));
  }
}

TEST(Collector, TheBodysChunksAreOne) {
  ModificationCollector collector;
  const Profile profile = profile_of();
  ASSERT_TRUE(collector.add(AddHeaderRequest{"A", "1"}, profile));
  for (const std::string_view chunk : {"one\ntwo\r", "\nthree", "\n.\n", "end"})
    ASSERT_TRUE(collector.add(ReplaceBodyChunk{chunk}, profile));
  ASSERT_TRUE(collector.add(AddHeaderRequest{"B", "2"}, profile));
  const mail::Modifications out = collector.take();
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(out[1], mail::Modification(mail::ReplaceBody{"one\r\ntwo\r\nthree\r\n.\r\nend\r\n"}));
  EXPECT_TRUE(collector.is_empty());
  ASSERT_TRUE(collector.add(ReplaceBodyChunk{""}, profile));
  EXPECT_EQ(collector.take(), mail::Modifications{mail::ReplaceBody{""}});
}

TEST(Collector, Row213AMillionRecipients) {
  for (const std::size_t count : {9u, 10u, 11u, 10'000u}) {
    ModificationCollector collector({.max_modifications = 10});
    Result<void> last;
    for (std::size_t i = 0; i < count && last; ++i)
      last = collector.add(AddRecipientRequest{fmt::format("<u{}@b>", i), "", false}, profile_of());
    EXPECT_EQ(last.has_value(), count <= 10);
    if (!last) {
      EXPECT_EQ(last.error().kind, ErrorKind::kLimit);
    }
  }
}

TEST(Collector, Row213AnEndlessBody) {
  const std::string chunk(1000, 'x');
  for (const std::size_t extra : {0u, 1u, 2u, 1'000'000u}) {
    ModificationCollector collector({.max_body_octets = 3001});
    const Profile profile = profile_of();
    for (int i = 0; i < 3; ++i)
      ASSERT_TRUE(collector.add(ReplaceBodyChunk{chunk}, profile));
    EXPECT_EQ(collector.add(ReplaceBodyChunk{std::string(extra, 'y')}, profile).has_value(),
              extra <= 1);
  }
}

TEST(Collector, TextIsBounded) {
  for (const std::size_t size : {8u, 9u, 10u, 9'000u}) {
    ModificationCollector collector({.max_text_octets = 10});
    EXPECT_EQ(
        collector.add(AddHeaderRequest{"N", std::string(size, 'v')}, profile_of()).has_value(),
        size <= 9);
  }
}

}  // namespace
}  // namespace postern::milter::testing
