package io.manta.durable.jdbc;

import java.util.Map;
import java.util.Optional;

/// A database by its URL, and as whom it is asked. Prints as its URL without secrets.
///
/// @param user where the URL has none
/// @param password where the URL has none
record Database(String url, Optional<String> user, Optional<String> password) {
  static final String PREFIX = "jdbc:";
  static final String USER = "MANTA_DURABLE_USER";
  static final String PASSWORD = "MANTA_DURABLE_PASSWORD";

  /// With user and password from the environment, where they are there.
  static Database of(String url, Map<String, String> environment) {
    return new Database(
        url,
        Optional.ofNullable(environment.get(USER)),
        Optional.ofNullable(environment.get(PASSWORD)));
  }

  /// `jdbc:postgresql:` of its URL, by which a driver knows it.
  String scheme() {
    int end = url.indexOf(':', PREFIX.length());
    return end < 0 ? url : url.substring(0, end + 1);
  }

  /// The URL without parameters and credentials.
  @Override
  public String toString() {
    return url.replaceFirst("//[^/]*@", "//")
        .replaceFirst(":[^/:]*/[^/:]*@", ":@")
        .replaceFirst("[?;].*", "")
        .replaceAll("(?i)(\\w*(?:password|user))=[^,)]*", "$1=…");
  }
}
