package io.manta.cli.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `manta java`. The launcher script becomes the program; without the script, this waits for it.
@Command(
    name = "java",
    description = "Run a program of yours, such as Hello.java, with Manta on its class path.")
final class JavaCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "ARGUMENT",
      description = "As for the JDK's java: a source file or a class, and what it is given.")
  private List<String> arguments = List.of();

  @Override
  public Integer call() throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(arguments);
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }
}
