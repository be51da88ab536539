package query

// The measures of kind quality, of each bucket of a series: how many checks it fails, and for each check 1 where it fails it, else 0.
const (
	Quality          Measure = "quality"
	QualityFormat    Measure = "quality_format"
	QualityMissing   Measure = "quality_missing"
	QualityRange     Measure = "quality_range"
	QualityDuplicate Measure = "quality_duplicate"
	QualityLogic     Measure = "quality_logic"
)

// QualityMeasures lists the measures of kind quality, in the order of the frames: after the first, that of series.Checks.
var QualityMeasures = []Measure{Quality, QualityFormat, QualityMissing, QualityRange, QualityDuplicate, QualityLogic}
