package io.manta.cli.internal;

import io.manta.actors.ClusterAuthority;
import io.manta.actors.MantaConfig;
import java.io.PrintWriter;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `manta cluster init`: an authority, a certificate and a token in a folder.
@Command(
    name = "init",
    description = "Make an authority, a certificate and a token in a new folder.")
final class ClusterInitCommand implements Callable<Integer> {
  @Mixin private CertificateOptions options = new CertificateOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    Path folder = options.folder();
    List<String> hosts = options.hosts().orElseGet(ClusterInitCommand::thisMachine);
    ClusterAuthority.create(folder, hosts, options.days());
    PrintWriter out = spec.commandLine().getOut();
    out.println("Made the certificates and the token of a cluster in " + folder);
    out.println("  certificate for  " + CertificateOptions.names(folder));
    out.println("  valid for        " + options.days() + " days, then 'manta cluster renew'");
    nextSteps(out, folder, hosts.isEmpty() ? "127.0.0.1" : hosts.getFirst());
    return 0;
  }

  private static void nextSteps(PrintWriter out, Path folder, String host) {
    String program = Programs.name();
    String needed = String.join(",", ClusterAuthority.NEEDED);
    out.println("Next:");
    out.println("  to each other machine   " + folder + "/{" + needed + "}");
    out.println("  stays here              " + folder.resolve(ClusterAuthority.AUTHORITY_KEY));
    out.println(
        "  start the first node    %s start --head --host %s --security %s"
            .formatted(program, host, folder));
    out.println("  see the cluster         %s status --security %s".formatted(program, folder));
    out.println(
        "  connect a program       MANTA_SECURITY=%s, or %s.withSecurity(folder)"
            .formatted(folder, MantaConfig.class.getSimpleName()));
  }

  /// Its addresses that others may reach, and its name.
  private static List<String> thisMachine() {
    var hosts = new LinkedHashSet<String>();
    try {
      InetAddress own = InetAddress.getLocalHost();
      if (own instanceof Inet4Address && !own.isLoopbackAddress()) {
        hosts.add(own.getHostAddress());
      } else {
        // as where the machine's name is that of 127.0.1.1
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
            .forEach(address -> hosts.add(address.getHostAddress()));
      }
      hosts.add(own.getHostName());
    } catch (UnknownHostException | SocketException e) {
      // those that were found
    }
    return List.copyOf(hosts);
  }
}
