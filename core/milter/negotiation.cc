#include "core/milter/negotiation.h"

namespace postern::milter {
namespace {

constexpr Actions kAllActions = Action::kAddHeaders | Action::kChangeBody | Action::kAddRecipients |
                                Action::kDeleteRecipients | Action::kChangeHeaders |
                                Action::kQuarantine | Action::kChangeReversePath |
                                Action::kAddRecipientsWithArguments | Action::kSetMacroLists;

constexpr Steps kStepsOfVersion2 = Step::kNoConnect | Step::kNoHelo | Step::kNoMail |
                                   Step::kNoRcpt | Step::kNoBody | Step::kNoHeaders |
                                   Step::kNoEndOfHeaders;
constexpr Steps kStepsOfVersion3 = kStepsOfVersion2 | Step::kNoUnknown;
constexpr Steps kStepsOfVersion4 = kStepsOfVersion3 | Step::kNoData;
constexpr Steps kStepsOfVersion6 =
    kStepsOfVersion4 | Step::kSkip | Step::kRejectedRcpt | Step::kNoReplyHeader |
    Step::kNoReplyConnect | Step::kNoReplyHelo | Step::kNoReplyMail | Step::kNoReplyRcpt |
    Step::kNoReplyData | Step::kNoReplyUnknown | Step::kNoReplyEndOfHeaders | Step::kNoReplyBody |
    Step::kLeadingSpace;

// Asking for these only makes us send less.
constexpr Steps kFewerEvents = kStepsOfVersion4;

struct StageRule {
  std::uint32_t since_version;
  Steps not_wanted;
  Steps not_answered;
};

constexpr std::array<StageRule, kStages> kRules{{
    {2, {}, {}},
    {2, Step::kNoConnect, Step::kNoReplyConnect},
    {2, Step::kNoHelo, Step::kNoReplyHelo},
    {2, Step::kNoMail, Step::kNoReplyMail},
    {2, Step::kNoRcpt, Step::kNoReplyRcpt},
    {4, Step::kNoData, Step::kNoReplyData},
    {3, Step::kNoUnknown, Step::kNoReplyUnknown},
    {2, Step::kNoHeaders, Step::kNoReplyHeader},
    {2, Step::kNoEndOfHeaders, Step::kNoReplyEndOfHeaders},
    {2, Step::kNoBody, Step::kNoReplyBody},
    {2, {}, {}},
}};

const StageRule& rule_of(Stage stage) { return kRules[static_cast<std::size_t>(stage)]; }

}  // namespace

Offer Offer::for_version(std::uint32_t version, std::size_t max_data_octets) {
  Offer out{version, kAllActions, kStepsOfVersion2};
  if (version >= 3) out.steps = kStepsOfVersion3;
  if (version >= 4) out.steps = kStepsOfVersion4;
  if (version >= 6) {
    out.steps = kStepsOfVersion6;
    if (max_data_octets >= kMaxData256K) out.steps = out.steps | Step::kData256K;
    if (max_data_octets >= kMaxData1M) out.steps = out.steps | Step::kData1M;
  }
  return out;
}

bool Profile::wants(Stage stage) const {
  const StageRule& rule = rule_of(stage);
  return version_ >= rule.since_version && (steps_ & rule.not_wanted).is_empty();
}

bool Profile::is_answered(Stage stage) const {
  return (steps_ & rule_of(stage).not_answered).is_empty();
}

const std::vector<std::string>* Profile::macro_list(MacroStage stage) const {
  const auto& list = macro_lists_[static_cast<std::size_t>(stage)];
  return list ? &*list : nullptr;
}

Result<Profile> negotiate(const Offer& offer, const NegotiationAnswer& answer) {
  if (answer.version < kLowestVersion || answer.version > offer.version)
    return fail(ErrorKind::kInvalid, "milter answers version {}; {} to {} were offered",
                answer.version, kLowestVersion, offer.version);
  if (const Actions beyond = answer.actions.without(offer.actions); !beyond.is_empty())
    return fail(ErrorKind::kInvalid, "milter asks for actions 0x{:x}; only 0x{:x} were offered",
                answer.actions.word(), offer.actions.word());
  if (const Steps beyond = answer.steps.without(offer.steps | kFewerEvents); !beyond.is_empty())
    return fail(ErrorKind::kInvalid, "milter asks for steps 0x{:x}; only 0x{:x} were offered",
                answer.steps.word(), offer.steps.word());
  if (!answer.macro_lists.empty() && !offer.actions.has(Action::kSetMacroLists))
    return fail(ErrorKind::kInvalid, "milter sends macro lists; they were not offered");
  Profile out;
  out.version_ = answer.version;
  out.actions_ = answer.actions;
  out.steps_ = answer.steps;
  if (answer.steps.has(Step::kData1M))
    out.max_data_ = kMaxData1M;
  else if (answer.steps.has(Step::kData256K))
    out.max_data_ = kMaxData256K;
  for (const MacroList& list : answer.macro_lists)
    out.macro_lists_[static_cast<std::size_t>(list.stage)] = list.names;
  return out;
}

}  // namespace postern::milter
