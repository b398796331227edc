package io.manta.objects.transfer;

import io.manta.core.DataSize;
import io.manta.objects.security.SecurityFolder;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// How a process gives and takes objects.
///
/// @param bind where it listens; loopback and any free port by default
/// @param host by which others reach it, for which its certificate is; that of `bind` by default
/// @param token what both sides must know; empty by default
/// @param security where both sides have their certificates for TLS, and the tokens that take the
///   place of the other; none by default, and the bytes are not encrypted
/// @param chunk the bytes asked for at once; 1 MiB by default, 16 MiB at most
/// @param connections of one pull at the same time; 2 by default
/// @param pulls that run at the same time, further ones wait; 4 by default
/// @param served connections of others that are served at the same time, further ones wait; 64 by
///   default
/// @param timeout how long a connection may be silent; 10 s by default
public record TransferConfig(
    InetSocketAddress bind,
    Optional<String> host,
    String token,
    Optional<SecurityFolder> security,
    DataSize chunk,
    int connections,
    int pulls,
    int served,
    Duration timeout) {
  static final long MOST_CHUNK = 16L << 20;

  public TransferConfig {
    if (chunk.bytes() < 1 || chunk.bytes() > MOST_CHUNK) {
      throw new IllegalArgumentException(
          "a chunk of " + chunk + " must be from 1 byte to " + new DataSize(MOST_CHUNK));
    }
    if (connections < 1 || pulls < 1 || served < 1) {
      throw new IllegalArgumentException(
          String.format(
              "%d connections, %d pulls and %d served must be 1 or more each",
              connections, pulls, served));
    }
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException("a timeout of " + timeout + " must be positive");
    }
  }

  /// The first is said, all are believed.
  List<String> tokens() {
    return security.map(SecurityFolder::tokens).orElse(List.of(token));
  }

  public static TransferConfig defaults() {
    return new TransferConfig(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        Optional.empty(),
        "",
        Optional.empty(),
        new DataSize(1L << 20),
        2,
        4,
        64,
        Duration.ofSeconds(10));
  }

  public TransferConfig withBind(InetSocketAddress value) {
    return new TransferConfig(
        value, host, token, security, chunk, connections, pulls, served, timeout);
  }

  public TransferConfig withHost(String value) {
    return new TransferConfig(
        bind, Optional.of(value), token, security, chunk, connections, pulls, served, timeout);
  }

  public TransferConfig withToken(String value) {
    return new TransferConfig(
        bind, host, value, security, chunk, connections, pulls, served, timeout);
  }

  public TransferConfig withSecurity(SecurityFolder value) {
    return new TransferConfig(
        bind, host, token, Optional.of(value), chunk, connections, pulls, served, timeout);
  }

  public TransferConfig withChunk(DataSize value) {
    return new TransferConfig(
        bind, host, token, security, value, connections, pulls, served, timeout);
  }

  public TransferConfig withConnections(int value) {
    return new TransferConfig(bind, host, token, security, chunk, value, pulls, served, timeout);
  }

  public TransferConfig withPulls(int value) {
    return new TransferConfig(
        bind, host, token, security, chunk, connections, value, served, timeout);
  }

  public TransferConfig withServed(int value) {
    return new TransferConfig(
        bind, host, token, security, chunk, connections, pulls, value, timeout);
  }

  public TransferConfig withTimeout(Duration value) {
    return new TransferConfig(
        bind, host, token, security, chunk, connections, pulls, served, value);
  }
}
