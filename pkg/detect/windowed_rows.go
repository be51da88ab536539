package detect

// rowRing keeps the rows of the last fit and those that came after it.
type rowRing struct {
	width  int // features of a row
	window int // rows of a fit at most
	refit  int // rows between two fits
	data   []float32
	added  int // rows ever
	fit    int // of them at the last fit
	rows   int // rows of the last fit
}

func newRowRing(width, window, refit int) rowRing {
	refit = max(refit, 1)
	window = max(window, firstFit)
	return rowRing{width: width, window: window, refit: refit, data: make([]float32, (window+refit)*width)}
}

func (r *rowRing) add(row []float32) {
	copy(r.at(r.added), row)
	r.added++
}

func (r *rowRing) at(i int) []float32 {
	i %= r.window + r.refit
	return r.data[i*r.width : (i+1)*r.width]
}

// growing says that the rows of a fit still double from one to the next.
func (r *rowRing) growing() bool { return r.rows < min(r.refit, r.window) }

// due says that it is time for a fit.
func (r *rowRing) due() bool {
	return r.added-r.fit >= min(r.refit, max(r.rows, firstFit)) && r.added >= firstFit
}

// freeze makes the last rows those of the fit.
func (r *rowRing) freeze() {
	r.fit = r.added
	r.rows = min(r.added, r.window)
}

// Len is the number of rows of the last fit.
func (r *rowRing) Len() int { return r.rows }

// Row i of the last fit, the oldest first.
func (r *rowRing) Row(i int) []float32 { return r.at(r.fit - r.rows + i) }
