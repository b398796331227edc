package io.manta.cli.internal;

import io.manta.actors.ClusterAuthority;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `manta cluster renew`: another certificate of the same authority.
@Command(
    name = "renew",
    description = "Make another certificate of the same authority, for the same hosts or others.")
final class ClusterRenewCommand implements Callable<Integer> {
  @Mixin private CertificateOptions options = new CertificateOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    Path folder = options.folder();
    ClusterAuthority.renew(folder, options.hosts().orElse(List.of()), options.days());
    PrintWriter out = spec.commandLine().getOut();
    out.println("Made another key and certificate in " + folder);
    out.println("  certificate for  " + CertificateOptions.names(folder));
    out.println("  valid for        " + options.days() + " days");
    out.println("Processes that use this folder take them over within seconds.");
    out.println("Copy cert.pem and key.pem to the other machines; theirs do the same.");
    return 0;
  }
}
