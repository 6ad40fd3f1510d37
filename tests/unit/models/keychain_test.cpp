#include "tests/unit/models/fixture.hpp"

namespace lama::models {
namespace {

json key_case(const std::string& kind, int index = 0) {
  static const auto all = testing::load_vectors("keys.json");
  for (const auto& x : all["cases"])
    if (x["kind"] == kind && index-- == 0)
      return x;
  throw std::runtime_error{"no case " + kind};
}

key32 key_of(const json& hex) {
  return *protocol::key32_from_hex(hex.get<std::string>());
}

/// Cheap parameters: what is tested is not scrypt.
constexpr protocol::derivation_cost cheap{16, 1, 1};

TEST(keychain, opens_the_stock_files) {
  auto x = key_case("master-key-file");
  auto wrapping = must(from_stock_files({bytes_in(x["keychain_salt_file_hex"]), bytes_in(x["keychain_masterkey_file_hex"])}));
  EXPECT_EQ(must(unwrap_with_password(wrapping, x["secret"].get<std::string>())), key_of(x["master_key_hex"]));
  auto wrong = unwrap_with_password(wrapping, "wrong");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.failure().code, errc::wrong_secret);
  EXPECT_EQ(wrong.failure().detail, "CYENC-SYMDEC");
}

TEST(keychain, writes_the_stock_files) {
  auto x = key_case("master-key-file");
  scripted_random random;
  random.put(bytes_in(x["keychain_salt_file_hex"]));
  random.put(bytes_in(x["nonce_hex"]));
  auto files = must(to_stock_files(must(wrap_with_password(key_of(x["master_key_hex"]), x["secret"].get<std::string>(), random, stock_cost))));
  EXPECT_EQ(*files.salt, bytes_in(x["keychain_salt_file_hex"]));
  EXPECT_EQ(*files.master_key, bytes_in(x["keychain_masterkey_file_hex"]));
}

TEST(keychain, changes_the_password_and_keeps_the_master_key) {
  auto x = key_case("password-change");
  auto old = key_case("master-key-file");
  auto changed = must(from_stock_files({bytes_in(x["new_salt_hex"]), bytes_in(x["new_masterkey_file_hex"])}));
  EXPECT_EQ(must(unwrap_with_password(changed, x["new_secret"].get<std::string>())), key_of(x["master_key_hex"]));

  scripted_random random;
  auto before = must(from_stock_files({bytes_in(old["keychain_salt_file_hex"]), bytes_in(old["keychain_masterkey_file_hex"])}));
  auto after = must(change_password(before, "secret-1", "neu", random, cheap));
  EXPECT_EQ(must(unwrap_with_password(after, "neu")), key_of(x["master_key_hex"]));
  EXPECT_NE(after.salt, before.salt);
  EXPECT_FALSE(unwrap_with_password(after, "secret-1"));
  EXPECT_FALSE(change_password(before, "wrong", "neu", random, cheap));
}

TEST(keychain, refuses_a_lost_half) {
  auto x = key_case("master-key-file");
  auto no_salt = from_stock_files({std::nullopt, bytes_in(x["keychain_masterkey_file_hex"])});
  ASSERT_FALSE(no_salt);
  EXPECT_EQ(no_salt.failure().code, errc::corrupt);
  EXPECT_NE(no_salt.failure().message.find("keychain_salt"), std::string::npos);
  EXPECT_FALSE(from_stock_files({bytes_in(x["keychain_salt_file_hex"]), std::nullopt}));
  auto short_salt = from_stock_files({std::string(15, 'x'), bytes_in(x["keychain_masterkey_file_hex"])});
  ASSERT_FALSE(short_salt);
  EXPECT_EQ(short_salt.failure().detail, "CYENC-ENSSLT");
}

TEST(keychain, password_record_comes_back_with_its_parameters) {
  scripted_random random;
  key32 master{7, 8, 9};
  auto wrapping = must(wrap_with_password(master, "p\xc3\xa4ss", random, cheap));
  auto record = encode(wrapping);
  auto back = must(decode_password_wrapping(record));
  EXPECT_EQ(back.cost.n, 16u);
  EXPECT_EQ(must(unwrap_with_password(back, "pa\xcc\x88ss")), master); // the same password, decomposed
  EXPECT_EQ(must(decode_password_wrapping(encode(must(wrap_with_password(master, "x", random))))).cost.n, 32768u);
  for (auto damaged : {std::string{"{}"}, std::string{}, std::string{"[1]"}, record.substr(0, record.size() / 2), std::string(5000, '[')})
    EXPECT_FALSE(decode_password_wrapping(damaged)) << damaged.substr(0, 20);
  auto newer = record;
  newer.replace(newer.find("\"version\":1"), 11, "\"version\":2");
  EXPECT_EQ(decode_password_wrapping(newer).failure().code, errc::unsupported);
  auto greedy = record;
  greedy.replace(greedy.find("\"n\":16"), 6, "\"n\":4294967296");
  EXPECT_EQ(decode_password_wrapping(greedy).failure().code, errc::corrupt);
}

TEST(keychain, a_secret_opens_only_what_was_wrapped_for_its_purpose) {
  scripted_random random;
  key32 master{1, 2, 3};
  key32 secret{4, 5, 6};
  auto record = wrap_with_secret(master, secret, "archive-unlock", random);
  EXPECT_EQ(must(unwrap_with_secret(record, secret, "archive-unlock")), master);
  EXPECT_EQ(unwrap_with_secret(record, secret, "machine").failure().code, errc::wrong_secret);
  EXPECT_FALSE(unwrap_with_secret(record, key32{9}, "archive-unlock"));
  EXPECT_EQ(unwrap_with_secret(record.substr(1), secret, "archive-unlock").failure().code, errc::corrupt);
}

TEST(keychain, secret_key_files_are_those_of_the_stock_peer) {
  for (int i = 0; i < 2; ++i) {
    auto x = key_case("secret-key-files", i);
    auto master = key_of(x["master_key_hex"]);
    auto keys = must(open({bytes_in(x["encrypt_file"]["content_hex"]), bytes_in(x["sign_file"]["content_hex"])}, master));
    EXPECT_EQ(to_hex(protocol::view(keys.encryption)), x["encrypt_file"]["plaintext_hex"].get<std::string>());
    EXPECT_EQ(keys.signing, sign_secret_in(x["sign_file"]["plaintext_hex"]));

    scripted_random random;
    random.put(bytes_in(x["encrypt_file"]["nonce_hex"]));
    random.put(bytes_in(x["sign_file"]["nonce_hex"]));
    auto sealed = seal(keys, master, random);
    EXPECT_EQ(to_hex(sealed.encryption), x["encrypt_file"]["content_hex"].get<std::string>());
    EXPECT_EQ(to_hex(sealed.signing), x["sign_file"]["content_hex"].get<std::string>());
    auto again = must(open(must(decode_sealed_keys(encode(sealed))), master));
    EXPECT_EQ(again.signing, keys.signing);
    EXPECT_EQ(open(sealed, key32{1}).failure().code, errc::corrupt);

    auto text = x["keys_object"].get<std::string>();
    auto object = must(protocol::parse_object(text, protocol::standard_recipes()));
    EXPECT_EQ(keys_text(*object.reference("owner"), keys), text);
    EXPECT_EQ(sha256(text).hex(), x["keys_hash"].get<std::string>());
  }
}

TEST(keychain, the_ring_signs_with_the_first_keys_of_an_owner) {
  scripted_random random;
  auto first = make_secret_keys(random);
  auto second = make_secret_keys(random);
  auto owner = sha256("owner");
  key_ring ring;
  EXPECT_EQ(ring.sign(owner, "x").failure().code, errc::locked);
  ring.add(owner, sha256("k1"), first);
  ring.add(owner, sha256("k2"), second);
  for (int i = 0; i < 20; ++i)
    ring.add(sha256(std::to_string(i)), sha256("k"), second);
  EXPECT_EQ(ring.default_keys(owner), sha256("k1"));
  EXPECT_EQ(must(ring.sign(owner, "x")), protocol::sign("x", first.signing));
  EXPECT_EQ(ring.owners().size(), 21u);
  auto other = protocol::encryption_keys_from_secret(second.encryption);
  EXPECT_EQ(must(ring.shared_with(owner, other.public_key)), *protocol::shared_key(other.secret_key, must(ring.encryption_public(owner))));
  EXPECT_EQ(ring.shared_with(owner, key32{}).failure().code, errc::bad_input);
  ring.clear();
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.as(owner).sign("x"), "");
}

} // namespace
} // namespace lama::models
