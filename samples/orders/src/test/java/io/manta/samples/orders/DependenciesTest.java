package io.manta.samples.orders;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// The starter and this service use nothing of Manta but what any application may.
class DependenciesTest {
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.manta.spring", "io.manta.samples.orders");

  private static void checkUsesOnly(String module, String... packages) {
    classes()
        .that()
        .resideInAPackage(module)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(packages)
        .check(OURS);
  }

  @Test
  void shouldUseOnlyTheActorsApiInTheStarter() {
    checkUsesOnly(
        "io.manta.spring",
        "io.manta.spring",
        "io.manta.actors",
        "io.manta.core",
        "org.springframework..",
        "org.jspecify..",
        "java..");
  }

  @Test
  void shouldUseOnlyTheActorsApiInTheSample() {
    checkUsesOnly(
        "io.manta.samples.orders",
        "io.manta.samples.orders",
        "io.manta.actors",
        "io.manta.core",
        "org.springframework..",
        "org.apache.commons.logging..",
        "org.jspecify..",
        "java..");
  }
}
