import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.LenientErrorHandler;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain.CacheConfiguration;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.ValueSet;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;
import org.hl7.fhir.utilities.npm.NpmPackage;

/**
 * The validator of one thread with its own definitions and caches: base R4 and the packages' profiles. Offline: what
 * cannot be checked without a terminology server becomes a warning, never an error.
 */
final class Checker {
  /** Errors that only say "this terminology is not here"; they are reported as warnings. */
  private static final Pattern NOT_CHECKABLE =
      Pattern.compile(
          "(?i)(unknown code ?system|code ?system .*(not found|unknown|could not be found|is unsupported)"
              + "|unable to (expand|find|resolve|validate)|cannot be (expanded|validated|resolved)|could not be expanded"
              + "|value ?set .*(not found|could not be found|unable to be resolved)|failed to expand"
              + "|because .*(code system|value ?set).*(not|could not) )");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final FhirValidator validator;
  /** Value sets that import one that is not loaded: absence of a code from them proves nothing. */
  private final Set<String> incomplete = new TreeSet<>();

  /** An issue with the severity it counts with; downgraded: the validator called it an error. */
  record Issue(ResultSeverityEnum severity, boolean downgraded, SingleValidationMessage message) {}

  record Outcome(long line, String type, String id, List<Issue> issues) {
    boolean rejected() {
      return issues.stream().anyMatch(i -> i.severity.ordinal() >= ResultSeverityEnum.ERROR.ordinal());
    }
  }

  /** fresh: a new HL7 validator for each resource, as the library does it; slow, to compare with. */
  Checker(List<String> packages, List<String> supplements, boolean fresh) throws IOException {
    FhirContext ctx = FhirContext.forR4();
    ctx.setParserErrorHandler(new LenientErrorHandler().disableAllErrors());
    PrePopulatedValidationSupport loaded = loaded(ctx, packages, supplements);
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(ctx);
    unknown.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.WARNING);
    ValidationSupportChain chain =
        new ValidationSupportChain(
            CacheConfiguration.defaultValues().setCacheSize(100_000).setCacheTimeout(Duration.ofDays(1)),
            new DefaultProfileValidationSupport(ctx),
            loaded,
            new CommonCodeSystemsTerminologyService(ctx),
            new InMemoryTerminologyServerValidationSupport(ctx),
            new SnapshotGeneratingValidationSupport(ctx),
            unknown);
    findIncomplete(chain, loaded);
    FhirInstanceValidator module = fresh ? new FhirInstanceValidator(chain) : new ReusedInstanceValidator(chain);
    module.setAnyExtensionsAllowed(true);
    module.setErrorForUnknownProfiles(false);
    module.setAssumeValidRestReferences(true);
    module.setNoExtensibleWarnings(true);
    module.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
    validator = ctx.newValidator();
    validator.registerValidatorModule(module);
    validator.setConcurrentBundleValidation(false);
    // the first resource pays for loading the base definitions: count it as start-up
    validator.validateWithResult("{\"resourceType\":\"Basic\",\"code\":{\"text\":\"warm-up\"}}");
  }

  private static PrePopulatedValidationSupport loaded(
      FhirContext ctx, List<String> packages, List<String> supplements) throws IOException {
    PrePopulatedValidationSupport loaded = new PrePopulatedValidationSupport(ctx);
    IParser parser = ctx.newJsonParser();
    for (String p : packages) {
      try (InputStream in = new FileInputStream(p)) {
        NpmPackage npm = NpmPackage.fromPackage(in);
        for (String name : npm.listResources("StructureDefinition", "ValueSet", "CodeSystem")) {
          try (InputStream r = npm.loadResource(name)) {
            loaded.addResource((IBaseResource) parser.parseResource(r));
          }
        }
      }
    }
    for (String s : supplements) {
      Bundle b = parser.parseResource(Bundle.class, Files.readString(Path.of(s)));
      b.getEntry().forEach(e -> loaded.addResource(e.getResource()));
    }
    return loaded;
  }

  private void findIncomplete(IValidationSupport chain, PrePopulatedValidationSupport loaded) {
    Map<String, ValueSet> sets = new TreeMap<>();
    for (IBaseResource r : loaded.fetchAllConformanceResources()) {
      if (r instanceof ValueSet v) {
        sets.put(v.getUrl(), v);
      }
    }
    boolean grew = true;
    while (grew) {
      grew = false;
      for (ValueSet v : sets.values()) {
        boolean open =
            v.getCompose().getInclude().stream()
                .flatMap(i -> i.getValueSet().stream())
                .map(c -> c.getValue().split("\\|")[0])
                .anyMatch(u -> incomplete.contains(u) || chain.fetchValueSet(u) == null);
        grew |= open && incomplete.add(v.getUrl());
      }
    }
  }

  /** The verdict on one resource. An unreadable one is a fatal issue, it does not end the run. */
  Outcome check(long line, String text) {
    String type = "?";
    String id = "line " + line;
    List<Issue> issues = new ArrayList<>();
    try {
      JsonNode node = JSON.readTree(text);
      type = node.path("resourceType").asText("?");
      id = node.path("id").asText(id);
      validator.validateWithResult(text).getMessages().forEach(m -> issues.add(issue(m)));
    } catch (Exception e) {
      SingleValidationMessage m = new SingleValidationMessage();
      m.setLocationString(type);
      m.setMessage(e.getClass().getSimpleName() + ": " + e.getMessage());
      issues.add(new Issue(ResultSeverityEnum.FATAL, false, m));
    }
    return new Outcome(line, type, id, issues);
  }

  private Issue issue(SingleValidationMessage m) {
    boolean downgraded = m.getSeverity() == ResultSeverityEnum.ERROR && notCheckable(m);
    return new Issue(downgraded ? ResultSeverityEnum.WARNING : m.getSeverity(), downgraded, m);
  }

  private boolean notCheckable(SingleValidationMessage m) {
    String id = String.valueOf(m.getMessageId());
    String text = String.valueOf(m.getMessage());
    return id.startsWith("Terminology_")
        && (NOT_CHECKABLE.matcher(text).find()
            || id.startsWith("Terminology_TX_NoValid")
                && incomplete.stream().anyMatch(u -> text.contains("(" + u + "|") || text.contains("(" + u + ")")));
  }
}
