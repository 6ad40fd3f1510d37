#include "protocol/objects/recipe.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

/// Every type that a node of ours knows from the start, in the notation of recipe_notation.hpp. Besides: `#` begins a comment, a line that begins with
/// blanks goes on with the one above, `@name = text` gives a name to what several types share. tests/vectors/recipes.json pins each line.
namespace lama::protocol {

namespace {

constexpr std::string_view stock_types = R"table(
# What several types share.
@key = `^[A-Za-z0-9+/]{64}$`
@status = `draft|active|retired|unknown`
@questionType = `group|display|question|boolean|decimal|integer|date|dateTime|time|string|text|url|choice|open-choice|attachment|reference|quantity|slider`
@operator = `exists|=|!=|>|<|>=|<=`
@date = `([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1]))?)?`
@dateOrNow = `(([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1]))?)?)|(^now$)`
@dateTime = `([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1])(T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?`
@time = `([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?`
@decimal = `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?`
@whole = `[0]|[-+]?[1-9][0-9]*`
@whole2 = `0|[-+]?[1-9][0-9]*`
@coding = {system?; version?; code?; display?; userSelected?: boolean}
@heading = language?; url?; name?; title?; status: @status
@question = linkId; prefix?; text?; type: @questionType
@conduct = enableBehavior?: `all|any`; required?: boolean; repeats?: boolean; readOnly?: boolean
@condition = {question; operator: @operator; answerBoolean?: boolean; answerDecimal?: @decimal; answerInteger?: @whole; answerDate?: @date;
  answerDateTime?: @dateTime; answerTime?: @time; answerString?; answerCoding?: @coding}
@simple = valueInteger?: @whole; valueDate?: @date; valueTime?: @time; valueString?; valueCoding?: @coding
@answer = @simple; valueBoolean?: boolean; valueDecimal?: @decimal; valueDateTime?: @dateTime; valueUri?
@condition2 = {question; operator: @operator; answerBoolean?: boolean; answerDecimal?: @decimal; answerInteger?: @whole2; answerDate?: @date;
  answerDateTime?: @dateTime; answerTime?: @time; answerString?; answerCoding?: @coding}
@simple2 = valueInteger?: @whole2; valueDate?: @date; valueTime?: @time; valueString?; valueCoding?: @coding
@answer2 = @simple2; valueBoolean?: boolean; valueDecimal?: @decimal; valueDateTime?: @dateTime; valueUri?
@bound = {valueInteger?: @whole; valueDate?: @dateOrNow; valueTime?: @time; valueString?; valueCoding?: @coding}
@picture = {contentType!: `^(image\/png|image\/jpeg|image\/webp|image\/gif)$`; language?; data!; title?; creation?: @date}
@file = {language?; data!; title?; creation?: @date; contentType?: string}
@extensions = array<{extension? = Questionnaire_2_0_0.hotFixExtensionDummy;
  url: `http:\/\/hl7\.org\/fhir\/StructureDefinition\/(minLength|minValue|maxValue)`; valueInteger?: number; valueDecimal?: number; valueTime?: @time;
  valueDateTime?: @dateTime; valueDate?: @date; valueMarkdown?: `\s*(\S|\s)*`}>
@progress = `in-progress|completed|amended|entered-in-error|stopped`
@measure = {value: string; unit: string; unsafe?: boolean}
@node = ref(VersionNodeChange,VersionNodeEdge,VersionNodeMerge)

# Core (docs/protocol/01 §4.1).
Access: object*: ref(*); person: bag<id(Person)>; group: bag<id(Group)>
IdAccess: id*: id(*); person: bag<id(Person)>; group: bag<id(Group)>
Chum: name*; instance*: array<string>; person*: array<`^(undefined|[0-9a-f]{64})$`>; highestRemoteTimestamp: integer; AtoBObjects: bag<ref(*)>;
  AtoBIdObjects: bag<id(*)>; AtoBBlob: bag<blob>; AtoBClob: bag<clob>; BtoAObjects: bag<ref(*)>; BtoAIdObjects: bag<id(*)>; BtoABlob: bag<blob>;
  BtoAClob: bag<clob>; BtoAExists: integer; statistics?: stringifiable; errors?: stringifiable
Group: name*; person: bag<id(Person)>
Instance: name*; owner*: id(Person); recipe: set<ref(Recipe)>; enabledReverseMapTypes: map<string, set<string>>;
  enabledReverseMapTypesForIdObjects: map<string, set<string>>
Keys: owner: id(Instance,Person); publicKey: @key; publicSignKey: @key
Person: email*; name?
Recipe: name*; crdtConfig?: map<string, string>; rule: array<{itemprop; optional?: boolean; isId?: boolean; itemtype?: stringifiable;
  inheritFrom?: stringifiable}>
VersionNodeChange: prev?: @node; data: ref(*); depth: number; creationTime: number
VersionNodeEdge: data: ref(*); depth: number; creationTime: number
VersionNodeMerge: nodes: set<@node>; data: ref(*); depth: number; creationTime: number

# one.models (docs/protocol/01 §4.2).
LinkedListEntry: data: ref(CreationTime); metadata?: bag<ref(*)>; previous?: ref(LinkedListEntry)
ChannelInfo [head#referenceToObj=LinkedListCrdtAlgorithm]: id*: string; owner?*: id(Person); head?: ref(LinkedListEntry)
ChannelRegistry: id*: `^ChannelRegistry$`; channels: set<id(ChannelInfo)>
News: content: string
DiaryEntry: entry: string
CreationTime: timestamp: number; data: ref(*)
Questionnaire: resourceType: `Questionnaire`; @heading; item: array<{@question; enableWhen?: array<@condition>; @conduct; minLength?: number;
  maxLength?: number; answerOption?: array<{@simple; initialSelected?: boolean}>; initial?: bag<{@answer}>; item? = Questionnaire.item}>
Questionnaire_1_1_0: resourceType: `Questionnaire`; @heading; item: array<{@question; enableWhen?: array<@condition>; @conduct; minLength?: number;
  maxLength?: number; answerOption?: array<{@simple; initialSelected?: boolean}>; initial?: bag<{@answer}>; item? = Questionnaire_1_1_0.item;
  answerRestriction?: {minValue?: @bound; minInclusive?: boolean; maxValue?: @bound; maxInclusive?: boolean}}>
Questionnaire_1_2_0: resourceType: `Questionnaire`; @heading; item: array<{@question; enableWhen?: array<@condition>; @conduct; minLength?: number;
  maxLength?: number; answerOption?: array<{@simple; initialSelected?: boolean}>; item? = Questionnaire_1_2_0.item; initial?: bag<{@answer;
  valueAttachment?: @picture}>}>
Questionnaire_2_0_0: resourceType: `Questionnaire`; @heading; hotFixExtensionDummy?: @extensions; item: array<{@question;
  enableWhen?: array<@condition2>; @conduct; maxLength?: number; extension? = Questionnaire_2_0_0.hotFixExtensionDummy;
  answerOption?: array<{@simple2; initialSelected?: boolean}>; initial?: bag<{@answer2; valueAttachment?: @picture}>;
  item? = Questionnaire_2_0_0.item}>
Questionnaire_2_1_0: resourceType: `Questionnaire`; @heading; hotFixExtensionDummy?: @extensions; item: array<{@question;
  enableWhen?: array<@condition2>; @conduct; maxLength?: number; extension? = Questionnaire_2_0_0.hotFixExtensionDummy;
  answerOption?: array<{@simple2; initialSelected?: boolean}>; initial?: bag<{@answer2; valueAttachment?: @picture}>;
  item? = Questionnaire_2_1_0.item; disabledDisplay!: `protected|hidden`}>
Questionnaire_2_1_1: resourceType: `Questionnaire`; @heading; hotFixExtensionDummy?: @extensions; item: array<{@question;
  enableWhen?: array<@condition2>; @conduct; maxLength?: number; extension? = Questionnaire_2_0_0.hotFixExtensionDummy;
  answerOption?: array<{@simple2; initialSelected?: boolean}>; disabledDisplay!: `protected|hidden`; item? = Questionnaire_2_1_1.item;
  initial?: bag<{@answer2; valueAttachment?: @file}>}>
QuestionnaireResponses: name?; type?; response: array<{resourceType: `QuestionnaireResponse`; questionnaire?; status: @progress; item: array<{linkId;
  answer: array<{@answer}>; item? = QuestionnaireResponses.hotfixdummy}>}>; hotfixdummy?: array<{linkId; answer: array<{@answer}>;
  item? = QuestionnaireResponses.hotfixdummy}>
QuestionnaireResponses_2_0_0: name?; type?; response: array<{resourceType: `QuestionnaireResponse_2_0_0`; questionnaire?; status: @progress;
  item: array<{linkId; answer: array<{@answer2; valueAttachment?: @file}>; item? = QuestionnaireResponses_2_0_0.hotfixdummy}>}>;
  hotfixdummy?: array<{linkId; answer: array<{@answer2; valueAttachment?: @file}>; item? = QuestionnaireResponses_2_0_0.hotfixdummy}>
Settings: id*: string; properties: map<string, stringifiable>
LocalInstancesList: id*: `^LocalInstancesList$`; instances: array<{instance: id(Instance)}>
DocumentInfo: document: blob
DocumentInfo_1_1_0: document: blob; mimeType: string; documentName: string
HeartEvent: occurredHeartEvent: string

# one.models, experimental.
BodyTemperature: temperature: number
BlobCollection: name: string; blobs: array<ref(BlobDescriptor)>
BlobDescriptor: data: blob; lastModified: number; name: string; size: number; type: string
Supply: identity: string; match: string; isActive: boolean; timestamp: number
Demand: identity: string; match: string; isActive: boolean; timestamp: number
SupplyMap: name*: string; map: map<string, stringifiable>
DemandMap: name*: string; map: map<string, stringifiable>
MatchResponse: identity: string; match: string; identityOfDemand: boolean; creationTimestamp: number
MatchMap: name*: string; array: bag<ref(MatchResponse)>
NotifiedUsers: name*: string; existingMatches?: map<string, stringifiable>
WbcObservation: acquisitionTime: string; Leukocytes: @measure; Neutrophils?: @measure; Lymphocytes?: @measure; Monocytes?: @measure;
  Eosinophils?: @measure; Basophils?: @measure
Electrocardiogram: typeDescription?: string; voltageMeasurements: number; startTimestamp?: number; samplingFrequencyHz?: number;
  endTimestamp?: number; classification?: string; averageHeartRateBPM?: number; symptoms?: string; readings: stringifiable
BloodGlucose: typeDescription?: string; value: number; unit?: string; startTimestamp?: number; endTimestamp?: number
PersistentFileSystemDirectory: children: bag<{path: string; mode: number; content: ref(PersistentFileSystemDirectory,PersistentFileSystemFile)}>
PersistentFileSystemFile: content: blob
PersistentFileSystemRoot: root: {mode: number; entry: ref(PersistentFileSystemDirectory)}
AudioExercise: name: string
AccessUnversionedObjectCertificate: person: id(Person); data: ref(*); license: ref(License)
AccessVersionedObjectCertificate: person: id(Person); data: id(*); license: ref(License)
AffirmationCertificate: data: ref(*); license: ref(License)
License: name: string; description: string
RelationCertificate: app; relation; person1: id(Person); person2: id(Person); license: ref(License)
RightToDeclareTrustedKeysForEverybodyCertificate: beneficiary: id(Person); license: ref(License)
RightToDeclareTrustedKeysForSelfCertificate: beneficiary: id(Person); license: ref(License)
TrustKeysCertificate: profile: ref(Profile); license: ref(License)
ChatMessage: text: string; attachments?: array<ref(*)>; sender: id(Person); thumbnails?: array<ref(*)>
ChatRequest: for: string
Topic: name?: string; id: string; channel: id(ChannelInfo)
TopicAppRegistry: id*: `^TopicAppRegistry$`; topics: map<string, ref(Topic)>
OneInstanceEndpoint: personId: id(Person); instanceId: id(Instance); personKeys: ref(Keys); instanceKeys: ref(Keys); url?: string
Email: email: string
PhoneNumber: number: string
Leute: appId*: `^one.leute$`; me: id(Someone); other: bag<id(Someone)>; group: bag<id(GroupProfile)>
PersonName: name: string
ProfileImage: image: blob
PersonStatus: value: string; timestamp: number; location: string
PersonImage: image: blob; timestamp: number; location: string
SignKey: key: @key
EncryptionKey: key: @key
OrganisationName: name: string
Profile: profileId*: string; personId*: id(Person); owner*: id(Person); communicationEndpoint: bag<ref(Email,OneInstanceEndpoint,PhoneNumber)>;
  personDescription: bag<ref(EncryptionKey,OrganisationName,PersonImage,PersonName,PersonStatus,ProfileImage,SignKey)>
Someone []: someoneId*; mainProfile: id(Profile); identities: map<id(Person), set<id(Profile)>>
GroupProfile: group*: id(Group); name: string; picture: blob
Signature: issuer: id(Person); data: ref(*); signature: `^([0-9a-fA-F]{2})*$`
Consent_1_1_0: fileReference?: ref(BlobDescriptor); status: string; isoStringDate: string; text?: string
IoMRequest: timestamp: number; initiator: id(Person); mainId: id(Person); alternateId: id(Person); mode: `^(full|light)$`
IoMRequestsRegistry: appId*: `^one.iom$`; requests: set<ref(IoMRequest)>
CanRiskResult: ownerIdHash: id(Person); questionnaireResponsesHash?: ref(QuestionnaireResponses); result: string

# What the LAMA app adds.
LLM: $type$: `^LLM$`; name*: string; modelId?: string; filename: string; modelType: `^(local|remote)$`; active: boolean; deleted: boolean;
  creator?: string; created: number; modified: number; createdAt: string; lastUsed: string; lastInitialized?: number; usageCount?: number;
  size?: number; personId?: id(Person); capabilities?: array<`^(chat|inference)$`>; temperature?: number; maxTokens?: number; contextSize?: number;
  batchSize?: number; threads?: number; mirostat?: number; topK?: number; topP?: number; architecture?: string; contextLength?: number;
  quantization?: string; checksum?: string; provider?: string; downloadUrl?: string; baseUrl?: string; authType?: `^(none|bearer)$`;
  encryptedAuthToken?: string
LLMSettings: selectedLLMId?: string; enabledLLMs?: bag<string>; disabledLLMs?: bag<string>
GlobalLLMSettings: name*: string; defaultProvider?: string; autoSelectBestModel?: boolean; preferredModelIds?: array<string>; defaultModelId?: string;
  temperature?: number; maxTokens?: integer; systemPrompt?: string; streamResponses?: boolean; autoSummarize?: boolean; enableMCP?: boolean;
  maxConcurrentRequests?: integer
WordCloudSettings: $type$: `^WordCloudSettings$`; creator*: string; created: number; modified: number; maxWordsPerSubject: number;
  relatedWordThreshold: number; minWordFrequency: number; showSummaryKeywords: boolean; fontScaleMin: number; fontScaleMax: number;
  colorScheme: string; layoutDensity: string; $versionHash$?: string
Subject: id*: string; topic: string; keywords: bag<id(Keyword)>; timeRanges: array<{start: integer; end: integer}>; messageCount: integer;
  createdAt: integer; lastSeenAt: integer; archived?: boolean; likes?: integer; dislikes?: integer
Keyword: $type$: `^Keyword$`; term*: string; frequency: integer; subjects: bag<id(Subject)>; score?: number; createdAt: integer; lastSeen: integer;
  $versionHash$?: string
Summary: $type$: `^Summary$`; id*: string; topic: string; content: string; subjects: array<string>; keywords: array<string>; version: integer;
  previousVersion?: string; createdAt: integer; updatedAt: integer; changeReason?: string; hash?: string; $versionHash$?: string
KeywordAccessState: $type$: `^KeywordAccessState$`; keywordTerm: string; principalId: string; principalType: `^(user|group)$`;
  state: `^(allow|deny|none)$`; updatedAt: string; updatedBy: string
ProposalConfig: $type$: `^ProposalConfig$`; userEmail*: string; matchWeight: number; recencyWeight: number; recencyWindow: integer;
  minJaccard: number; maxProposals: integer; updated: integer; $versionHash$?: string
)table";

/// Types of our own: they never enter a graph that a stock peer may fetch (docs/protocol/03 §6.5).
constexpr std::string_view own_types = R"table(
LamaContact: person*: id(Person); name; state; instance?: id(Instance); since: number; mine?: boolean; aboutNode?: stringifiable
LamaConversation: conversation*; title; kind; participants: set<id(Person)>; channel?: id(ChannelInfo); last?: ref(CreationTime); lastText?;
  lastTime?: number; count?: integer; state?; importedFrom?; imported?: boolean; takesChanges?: boolean;
  readTime?: number
LamaOutboxEntry: conversation; message: ref(CreationTime); needsAI?: boolean; flags?: map<string, string>
LamaReceipt: message: ref(CreationTime); accepted: boolean; reason?; posted?: ref(CreationTime)
LamaImportedMessage: source; author; line: integer; message: ref(ChatMessage)
LamaAnnotation: conversation; message: ref(CreationTime); author: id(Person); kind: `^(edit|delete|read)$`; text?; time: number
LamaDelivered: conversation; person: id(Person); messages: array<ref(CreationTime)>
LamaImport: import*; source; conversation; lines: integer; state
LamaSetting: key*; value: stringifiable
)table";

/// The table is part of the program; one that cannot be read is a broken build.
[[noreturn]] void broken_table(const std::string& what) {
  std::fprintf(stderr, "the table of recipes is broken: %s\n", what.c_str());
  std::abort();
}

class table_reader {
public:
  void read(std::string_view text, recipe_table& out) {
    std::string entry;
    while (!text.empty()) {
      auto end = std::min(text.find('\n'), text.size());
      auto line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.empty() || line.starts_with('#'))
        continue;
      if (!line.starts_with(' '))
        take(std::exchange(entry, {}), out);
      entry.append(line);
    }
    take(entry, out);
  }

private:
  void take(std::string_view entry, recipe_table& out) {
    if (entry.empty())
      return;
    if (entry.starts_with('@')) {
      auto equals = entry.find(" = ");
      shared_.emplace_back(entry.substr(1, equals - 1), expanded(entry.substr(equals + 3)));
    } else if (auto added = out.add_line(expanded(entry)); !added) {
      broken_table(added.failure().message);
    }
  }

  std::string expanded(std::string_view text) const {
    std::string out;
    for (;;) {
      auto at = text.find('@');
      out.append(text.substr(0, at));
      if (at == std::string_view::npos)
        return out;
      auto name = text.substr(at + 1, std::min(text.find_first_of(" ;:,<>{}", at), text.size()) - at - 1);
      auto found = std::ranges::find(shared_, name, &std::pair<std::string, std::string>::first);
      if (found == shared_.end())
        broken_table("nothing is called @" + std::string{name});
      out.append(found->second);
      text.remove_prefix(at + 1 + name.size());
    }
  }

  std::vector<std::pair<std::string, std::string>> shared_;
};

struct standard_table {
  recipe_table recipes;
  std::size_t stock_count = 0;

  standard_table() {
    table_reader reader;
    reader.read(stock_types, recipes);
    stock_count = recipes.all().size();
    reader.read(own_types, recipes);
  }
};

const standard_table& standard() {
  static const standard_table table;
  return table;
}

} // namespace

const recipe_table& standard_recipes() {
  return standard().recipes;
}

bool is_stock_type(std::string_view type) {
  static const auto stock = [] {
    auto types = standard_recipes().all();
    types.resize(standard().stock_count);
    return types;
  }();
  return std::ranges::find(stock, standard_recipes().find(type)) != stock.end();
}

} // namespace lama::protocol
