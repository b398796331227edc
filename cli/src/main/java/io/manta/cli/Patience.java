package io.manta.cli;

import io.manta.actors.MantaConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;

/// How long a command tries to reach a cluster.
public final class Patience {
  /// For a node to come up whose port does not listen yet; a wrong address is the likelier.
  static final Duration WITHOUT_LISTENER = Duration.ofSeconds(8);

  private static final int CONNECT_MILLIS = 500;
  private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss");

  private Patience() {}

  /// The config to connect or join with. Where nothing listens at any of its addresses it says so
  /// at once, and until when is tried: for 8 s, or the join-timeout where that is not the default.
  public static MantaConfig of(MantaConfig config, PrintWriter err) {
    return of(config, err, LocalTime.now(ZoneId.systemDefault()));
  }

  static MantaConfig of(MantaConfig config, PrintWriter err, LocalTime now) {
    List<String> addresses = config.addresses().stream().map(Patience::hostPort).toList();
    if (addresses.isEmpty() || addresses.stream().anyMatch(Patience::listens)) {
      return config;
    }
    boolean chosen = !config.joinTimeout().equals(MantaConfig.defaults().joinTimeout());
    Duration limit = chosen ? config.joinTimeout() : WITHOUT_LISTENER;
    err.println(
        "manta: nothing listens at %s yet; trying until %s, for %d s (--join-timeout)"
            .formatted(
                String.join(", ", addresses), CLOCK.format(now.plus(limit)), limit.toSeconds()));
    err.flush();
    return config.withJoinTimeout(limit);
  }

  private static String hostPort(String address) {
    return address.strip().replaceFirst("^manta://", "").replaceFirst("/$", "");
  }

  private static boolean listens(String hostPort) {
    int colon = hostPort.lastIndexOf(':');
    try (var socket = new Socket()) {
      int port = Integer.parseInt(hostPort.substring(colon + 1));
      socket.connect(new InetSocketAddress(hostPort.substring(0, colon), port), CONNECT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    } catch (IllegalArgumentException e) {
      return true; // not an address: it is refused where it is used
    }
  }
}
