package io.manta.cli;

import io.manta.actors.MantaConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;

/// How long a command tries to reach a cluster. Where none of its addresses answers it says so at
/// once, and until when is tried.
public final class Patience {
  /// For a node to come up whose port does not listen yet; a wrong address is the likelier.
  static final Duration WITHOUT_LISTENER = Duration.ofSeconds(8);

  private static final String HOST_PORT = "[^:/\\s]+:\\d+";
  private static final int CONNECT_MILLIS = 500;
  private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss");

  /// What is at an address.
  private enum Found {
    LISTENER,
    /// The machine answers that no process has the port.
    NOTHING,
    /// No answer yet: the machine may be slow, or behind a firewall.
    UNKNOWN
  }

  private Patience() {}

  /// The config to connect with. It is tried for 8 s where nothing listens at any of the addresses,
  /// unless the file or the environment gives the join-timeout.
  public static MantaConfig of(MantaConfig config, PrintWriter err) {
    boolean chosen = MantaConfig.given().contains("join-timeout");
    return of(config, chosen ? config.joinTimeout() : WITHOUT_LISTENER, err, now());
  }

  /// The config to connect or join with for all of its join-timeout: since that was asked for, or
  /// because the first node may be started at the same time.
  public static MantaConfig keeping(MantaConfig config, PrintWriter err) {
    return of(config, config.joinTimeout(), err, now());
  }

  private static LocalTime now() {
    return LocalTime.now(ZoneId.systemDefault());
  }

  /// @param withoutListener for how long to try where nothing listens
  static MantaConfig of(
      MantaConfig config, Duration withoutListener, PrintWriter err, LocalTime now) {
    List<String> addresses = config.addresses().stream().map(Patience::hostPort).toList();
    boolean nothing = true;
    for (String address : addresses) {
      Found found = find(address);
      if (found == Found.LISTENER) {
        return config;
      }
      nothing &= found == Found.NOTHING;
    }
    if (addresses.isEmpty()) {
      return config;
    }
    Duration limit = nothing ? withoutListener : config.joinTimeout();
    err.println(
        "manta: %s %s yet; trying until %s, for %d s (--join-timeout)"
            .formatted(
                nothing ? "nothing listens at" : "could not reach",
                String.join(", ", addresses),
                CLOCK.format(now.plus(limit)),
                limit.toSeconds()));
    err.flush();
    return config.withJoinTimeout(limit);
  }

  private static String hostPort(String address) {
    return address.strip().replaceFirst("^manta://", "").replaceFirst("/$", "");
  }

  private static Found find(String hostPort) {
    if (!hostPort.matches(HOST_PORT)) {
      return Found.LISTENER; // not an address: it is refused where it is used
    }
    int colon = hostPort.lastIndexOf(':');
    try (var socket = new Socket()) {
      int port = Integer.parseInt(hostPort.substring(colon + 1));
      socket.connect(new InetSocketAddress(hostPort.substring(0, colon), port), CONNECT_MILLIS);
      return Found.LISTENER;
    } catch (ConnectException e) {
      return Found.NOTHING;
    } catch (IOException e) {
      return Found.UNKNOWN;
    } catch (IllegalArgumentException e) {
      return Found.LISTENER; // no port: as above
    }
  }
}
