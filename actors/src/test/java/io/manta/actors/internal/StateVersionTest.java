package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.ConfigurationException;
import io.manta.core.WireVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateVersionTest {
  @TempDir private Path folder;

  private Path file() {
    return folder.resolve("version");
  }

  @Test
  void shouldMakeAFolderOneOfThisVersion() throws IOException {
    StateVersion.claim(folder.resolve("new"));
    assertThat(folder.resolve("new/version")).hasContent(Integer.toString(WireVersion.current()));

    Files.writeString(file(), "0");
    StateVersion.claim(folder);
    assertThat(file()).hasContent(Integer.toString(WireVersion.current()));
  }

  @Test
  void shouldLeaveAFolderOfALaterVersionAsItIs() throws IOException {
    String later = Integer.toString(WireVersion.current() + 1);
    Files.writeString(file(), later);
    assertThatThrownBy(() -> StateVersion.claim(folder))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("wire version " + later);
    assertThat(file()).hasContent(later);
  }

  @Test
  void shouldNameWhatIsDamagedOrCannotBeWritten() throws IOException {
    Files.writeString(file(), "one");
    assertThatThrownBy(() -> StateVersion.claim(folder))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(file() + " is damaged: it has 'one'");
    assertThatThrownBy(() -> StateVersion.claim(file()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("state-folder");
  }
}
