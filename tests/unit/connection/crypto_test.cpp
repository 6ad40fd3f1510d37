#include "protocol/crypto/crypto.hpp"

#include "protocol/hash.hpp"
#include "tests/unit/connection/cases.hpp"
#include "tests/unit/connection/scripted_random.hpp"

#include <gtest/gtest.h>

using namespace lama;
using namespace lama::protocol;
using lama::testing::bytes_of;
using lama::testing::for_each_case;
using lama::testing::scripted_random;

namespace {

key32 key_of(const nlohmann::json& hex) {
  return key32_from_hex(hex.get<std::string>()).value();
}

key64 key64_of(const nlohmann::json& hex) {
  auto bytes = bytes_of(hex);
  key64 key;
  std::copy_n(bytes.begin(), key.size(), key.begin());
  return key;
}

std::string hex_of(const key32& key) {
  return to_hex(view(key));
}

TEST(Crypto, DerivesTheStockPeersKeys) {
  for_each_case("keys.json", "kind", "scrypt", [](const auto& x) {
    derivation_cost cost{x.at("N"), x.at("r"), x.at("p")};
    auto key = derive_key(x.at("secret").template get<std::string>(), bytes_of(x.at("salt_hex")), cost);
    ASSERT_TRUE(key);
    EXPECT_EQ(hex_of(*key), x.at("derived_key_hex"));
  });
}

TEST(Crypto, RefusesCostsThatNobodyCanPay) {
  EXPECT_EQ(derive_key("secret", "salt", {1ull << 40, 8, 1}).failure().code, errc::bad_input);
  EXPECT_EQ(derive_key("secret", "salt", {1000, 8, 1}).failure().code, errc::bad_input);
  EXPECT_EQ(derive_key("secret", "salt", {1024, 0, 1}).failure().code, errc::bad_input);
  EXPECT_EQ(derive_key("secret", "salt", {1024, 8, 1000}).failure().code, errc::bad_input);
  EXPECT_EQ(derive_key("\xff", "salt", {1024, 8, 1}).failure().code, errc::bad_input);
}

TEST(Crypto, SealsWithAKeyAsTheStockPeer) {
  for_each_case("keys.json", "kind", "secretbox", [](const auto& x) {
    scripted_random random;
    random.add_hex(x.at("nonce_hex").template get<std::string>());
    auto sealed = seal_box(bytes_of(x.at("plaintext_hex")), key_of(x.at("key_hex")), random);
    EXPECT_EQ(to_hex(sealed), x.at("output_hex"));
  });
}

TEST(Crypto, OpensTheMasterKeyAndTheSecretKeyFiles) {
  for_each_case("keys.json", "kind", "master-key-file", [](const auto& x) {
    auto derived = derive_key(x.at("secret").template get<std::string>(), bytes_of(x.at("keychain_salt_file_hex")), {1024, 8, 1});
    ASSERT_TRUE(derived);
    auto master = open_box(bytes_of(x.at("keychain_masterkey_file_hex")), *derived);
    ASSERT_TRUE(master);
    EXPECT_EQ(to_hex(*master), x.at("master_key_hex"));
  });
  for_each_case("keys.json", "kind", "secret-key-files", [](const auto& x) {
    for (const auto* file : {"encrypt_file", "sign_file"}) {
      auto secret = open_box(bytes_of(x.at(file).at("content_hex")), key_of(x.at("master_key_hex")));
      ASSERT_TRUE(secret);
      EXPECT_EQ(to_hex(*secret), x.at(file).at("plaintext_hex"));
    }
  });
}

TEST(Crypto, BoxesBothWays) {
  for_each_case("keys.json", "kind", "box", [](const auto& x) {
    auto there = shared_key(key_of(x.at("alice").at("enc_secret")), key_of(x.at("bob").at("enc_public")));
    auto back = shared_key(key_of(x.at("bob").at("enc_secret")), key_of(x.at("alice").at("enc_public")));
    ASSERT_TRUE(there && back);
    EXPECT_EQ(*there, *back);
    EXPECT_EQ(hex_of(*there), x.at("shared_key_hex"));
    EXPECT_EQ(hex_of(encryption_keys_from_secret(key_of(x.at("alice").at("enc_secret"))).public_key), x.at("alice").at("enc_public"));
  });
  for_each_case("frames.json", "type", "box_embedded_nonce", [](const auto& x) {
    auto key = shared_key(key_of(x.at("senderSecretKey")), key_of(x.at("recipientPublicKey")));
    ASSERT_TRUE(key);
    scripted_random random;
    random.add_hex(x.at("nonce").template get<std::string>());
    EXPECT_EQ(to_hex(seal_box(bytes_of(x.at("plaintext")), *key, random)), x.at("message"));
    auto opened = open_box(bytes_of(x.at("message")), shared_key(key_of(x.at("recipientSecretKey")), key_of(x.at("senderPublicKey"))).value());
    ASSERT_TRUE(opened);
    EXPECT_EQ(to_hex(*opened), x.at("plaintext"));
  });
}

TEST(Crypto, SignsAsTheStockPeer) {
  for_each_case("keys.json", "kind", "ed25519", [](const auto& x) {
    auto keys = signing_keys_from_secret(key64_of(x.at("secret_hex")));
    EXPECT_EQ(hex_of(keys.public_key), x.at("public_hex"));
    auto text = x.at("message_text").template get<std::string>();
    auto signature = sign(text, keys.secret_key);
    EXPECT_EQ(to_hex(signature), x.at("signature_hex"));
    EXPECT_TRUE(verify(text, signature, keys.public_key));
    EXPECT_FALSE(verify(text + "x", signature, keys.public_key));
    EXPECT_FALSE(verify(text, signature.substr(1), keys.public_key));
  });
}

TEST(Crypto, DoesNotTrustThePublicHalfOfASecretSigningKey) {
  scripted_random random;
  random.add(std::string(32, 's'));
  auto honest = make_signing_keys(random);
  auto twisted = honest.secret_key;
  twisted[40] ^= 1;
  EXPECT_EQ(signing_keys_from_secret(twisted).secret_key, honest.secret_key);
}

TEST(Crypto, RefusesKeysOfSmallOrder) {
  key32 zero{};
  key32 secret;
  secret.fill(7);
  EXPECT_FALSE(shared_key(secret, zero));
}

TEST(Crypto, SaysWhatIsWrongWithABox) {
  key32 key{};
  EXPECT_EQ(open_box("short", key).failure().message, "bad nonce size");
  EXPECT_EQ(open_box(std::string(24, 'n'), key).failure().detail, "CYENC-SYMDEC");
  EXPECT_EQ(open_box(std::string(72, 'n'), key).failure().detail, "CYENC-SYMDEC");
}

TEST(Crypto, SealsInPlaceAsItDoesByCopy) {
  key32 key;
  key.fill(3);
  std::array<uint8_t, 24> nonce{};
  nonce[23] = 5;
  std::string box = std::string(tag_bytes, '\0') + "content";
  std::span bytes{reinterpret_cast<uint8_t*>(box.data()), box.size()};
  seal_in_place(bytes, nonce, key);
  EXPECT_EQ(box, secretbox("content", nonce, key));
  EXPECT_EQ(open_secretbox(box, nonce, key), "content");
  box.back() ^= 1;
  EXPECT_FALSE(open_secretbox(box, nonce, key));
  auto before = box;
  EXPECT_FALSE(open_in_place(bytes, nonce, key));
  EXPECT_EQ(box, before);
  box.back() ^= 1;
  EXPECT_TRUE(open_in_place(bytes, nonce, key));
  EXPECT_EQ(box.substr(tag_bytes), "content");
}

TEST(Crypto, KnowsTheHmacOfRfc4231) {
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Crypto, ReadsKeysInAnyCaseAndNothingElse) {
  std::string hex(64, 'a');
  EXPECT_EQ(key32_from_hex(hex), key32_from_hex(std::string(64, 'A')));
  EXPECT_TRUE(key32_from_hex(hex));
  EXPECT_FALSE(key32_from_hex(hex.substr(2)));
  EXPECT_FALSE(key32_from_hex(hex + "aa"));
  EXPECT_FALSE(key32_from_hex(std::string(64, 'g')));
  EXPECT_FALSE(key32_from_hex(std::string(63, 'a') + ":"));
  EXPECT_FALSE(key32_from_bytes("short"));
}

TEST(Crypto, WipesSecrets) {
  std::string secret = "secret";
  wipe(secret);
  EXPECT_TRUE(secret.empty());
  key32 key;
  key.fill(9);
  wipe(key);
  EXPECT_EQ(key, key32{});
}

} // namespace
